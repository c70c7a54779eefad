-- Keeps a message for those who join a room, and tells the room, in one order for all nodes. Nodes have a copy, so that the room is
-- told even if Redis has no memory to keep it.
-- KEYS: the room, its retained message. ARGV: the message, or nothing; what the room is told; milliseconds.
redis.pcall('SET', KEYS[2], ARGV[1], 'PX', ARGV[3])
redis.call(PUBLISH, KEYS[1], ARGV[2])
return 1
