-- Appends a message to the history of a room: 1; 0 if it has been appended already; or -1 if Redis has no memory for it.
-- KEYS: the room, its log, its head. ARGV: node, number of the message, message, whether it is private, epoch to begin, life,
-- number of messages to remember, milliseconds, bytes.
local bounds = { count = ARGV[7], within = ARGV[8], bytes = ARGV[9] }
local last = redis.call('HMGET', KEYS[3], 'life', 'n:' .. ARGV[1])
if last[1] ~= ARGV[6] then
    if not pcall(open, KEYS[2], KEYS[3], ARGV[5], ARGV[6], bounds) then
        return -1
    end
elseif last[2] and last[2] >= ARGV[2] then
    return 0
end
local appended = append(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[3], ARGV[4] == '1')
if appended == 1 then
    redis.call('HSET', KEYS[3], 'n:' .. ARGV[1], ARGV[2])
end
return appended
