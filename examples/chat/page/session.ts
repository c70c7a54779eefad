/* What a window keeps while its page is loaded again. */

import type { Status } from "./client.js";
import type { Entry, Pending } from "./log.js";

export interface Session {
  me: string;
  position: string | undefined;
  status: Status;
  leftAt: number;
  entries: Entry[];
  pending: Pending[];
}

const KEY = "chat-1";

export function save(session: Session | undefined): void {
  if (session) sessionStorage.setItem(KEY, JSON.stringify(session));
  else sessionStorage.removeItem(KEY);
}

/** Returns what was kept, once. */
export function load(): Session | undefined {
  const kept = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  // Only this page writes there.
  return kept === null ? undefined : (JSON.parse(kept) as Session);
}
