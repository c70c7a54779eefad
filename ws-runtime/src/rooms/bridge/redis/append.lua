-- Appends messages to the history of a room, but not those that have been appended already. Returns for how many Redis has no
-- memory.
-- KEYS: the room, its log, its head, what the node appended last. ARGV: node, epoch to begin, life, number of messages to
-- remember, milliseconds, bytes; and for each message: its number, the message, whether it is private.
local bounds = { count = ARGV[4], within = ARGV[5], bytes = ARGV[6] }
local last = nil
if redis.call('HGET', KEYS[3], 'life') ~= ARGV[3] then
    if not pcall(open, KEYS[2], KEYS[3], ARGV[2], ARGV[3], bounds) then
        return (#ARGV - 6) / 3
    end
else
    last = redis.call('GET', KEYS[4])
end
local messages, numbers = {}, {}
for index = 7, #ARGV, 3 do
    if not last or last < ARGV[index] then
        messages[#messages + 1] = { ARGV[index + 1], ARGV[index + 2] == '1' }
        numbers[#numbers + 1] = ARGV[index]
    end
end
local appended = append(KEYS[1], KEYS[2], KEYS[3], ARGV[1], messages)
if appended > 0 then
    -- A node that comes back later than this may append twice what Redis did not confirm.
    redis.call('SET', KEYS[4], numbers[appended], 'PX', 86400000)
end
return #messages - appended
