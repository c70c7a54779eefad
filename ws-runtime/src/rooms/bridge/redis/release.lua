-- Gives an ID up, unless it was claimed again by a connection with a greater number. An empty number is any; then the
-- farewell is the one in the lease.
-- KEYS: the room, the set of the node, the log of the room, its head. ARGV: node, number, ID, farewell, name of the room,
-- prefix.
local id, farewell = ARGV[3], ARGV[4]
local held = redis.call('HGET', KEYS[1], id)
local ours = held and string.sub(held, 1, 16) == ARGV[1]
local mine = ours and (ARGV[2] == '' or string.sub(held, 17, 32) <= ARGV[2])
if mine then
    redis.call('HDEL', KEYS[1], id)
    if ARGV[2] == '' then
        farewell = farewell_in(held)
    end
end
-- Without a lease, as Redis forgot it, others may still know the member.
if mine or not held then
    tell(ARGV[6], ARGV[5], ARGV[1], id, farewell)
end
if mine or not ours then
    redis.call('SREM', KEYS[2], net(ARGV[5]) .. id)
end
return 1
