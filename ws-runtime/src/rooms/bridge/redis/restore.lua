-- Keeps a message for those who join a room, unless Redis has another one, or no memory.
-- KEYS: the retained message of the room. ARGV: the message; milliseconds.
redis.pcall('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX')
return 1
