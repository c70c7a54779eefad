-- Tells a node what a room remembers, in line with what the room is told.
-- KEYS: the room, its log, its head. ARGV: the channel of the node, the name of the room, epoch to begin, life, number of
-- messages to remember, milliseconds, bytes; and what the node has seen: epoch, offset, private, time.
local bounds = { count = ARGV[5], within = ARGV[6], bytes = ARGV[7] }
local seen = { epoch = ARGV[8], offset = tonumber(ARGV[9]), private = tonumber(ARGV[10]), time = ARGV[11] }
redis.call('HDEL', KEYS[3], '') -- insists
open(KEYS[2], KEYS[3], ARGV[3], ARGV[4], bounds, seen)
local known = redis.call('HMGET', KEYS[3], 'epoch', 'offset', 'private', 'bytes', 'time')
for name, bound in pairs(bounds) do
    bounds[name] = tonumber(bound)
end
trim(KEYS[2], KEYS[3], bounds, tonumber(known[4]))
local place = known[2] .. '-' .. known[3]
local floor = redis.call('HGET', KEYS[3], 'floor')
-- The log ends by itself when all of it is too old.
if redis.call('EXISTS', KEYS[2]) == 0 then
    floor = place
end
local first = '-'
if seen.epoch == known[1] then
    first = digits(seen.offset) .. '-' .. digits(seen.private + 1)
end
local parts = { 'H', net(ARGV[2]), known[1], net(place), net(floor), net(known[5]), net(digits(now())) }
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], first, '+')) do
    parts[#parts + 1] = net(entry[1]) .. net(entry[2][2]) .. net(entry[2][4])
end
redis.call(PUBLISH, ARGV[1], table.concat(parts))
return 1
