-- Tells a node who is in a room, in line with what the room is told.
-- KEYS: the room, its retained message. ARGV: the channel of the node, the name of the room.
local all = redis.call('HGETALL', KEYS[1])
for index = 1, #all do
    all[index] = net(all[index])
end
redis.call(PUBLISH, ARGV[1], net(ARGV[2]) .. table.concat(all))
local retained = redis.call('GET', KEYS[2])
if retained then
    redis.call(PUBLISH, ARGV[1], 'R' .. net(ARGV[2]) .. retained)
end
return 1
