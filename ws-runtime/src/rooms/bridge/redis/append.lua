-- Appends a message to the history of a room: 1; 0 if it has been appended already; or -1 if Redis has no memory for it.
-- KEYS: the room, its log, its head, what the node appended last. ARGV: node, number of the message, message, whether it is
-- private, epoch to begin, life, number of messages to remember, milliseconds, bytes.
local bounds = { count = ARGV[7], within = ARGV[8], bytes = ARGV[9] }
if redis.call('HGET', KEYS[3], 'life') ~= ARGV[6] then
    if not pcall(open, KEYS[2], KEYS[3], ARGV[5], ARGV[6], bounds) then
        return -1
    end
else
    local last = redis.call('GET', KEYS[4])
    if last and last >= ARGV[2] then
        return 0
    end
end
local appended = append(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[3], ARGV[4] == '1')
if appended == 1 then
    -- A node that comes back later than this may append twice what Redis did not confirm.
    redis.call('SET', KEYS[4], ARGV[2], 'PX', 86400000)
end
return appended
