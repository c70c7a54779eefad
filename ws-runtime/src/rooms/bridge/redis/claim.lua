-- Claims an ID: 1, or 0 if a living node has it.
-- KEYS: nodes, the room, the set of the node, the log of the room, its head. ARGV: prefix, node, number, ID, what is known
-- of the member, name of the room, and the close of an older member that makes way, or nothing if none does.
local id, entry = ARGV[4], net(ARGV[6]) .. ARGV[4]
local held = redis.call('HGET', KEYS[2], id)
if held then
    local owner = string.sub(held, 1, 16)
    if owner ~= ARGV[2] then
        local lease = redis.call('ZSCORE', KEYS[1], owner)
        local lives = lease and tonumber(lease) > now()
        if lives and ARGV[7] == '' then
            return 0
        end
        redis.call('SREM', ARGV[1] .. 'node:' .. owner, entry)
        if lives or ARGV[7] ~= '' then
            redis.call('PUBLISH', KEYS[2], ARGV[2] .. 'X' .. net(id) .. string.sub(held, 1, 32) .. ARGV[7])
        else
            tell(ARGV[1], ARGV[6], owner, id, farewell_in(held))
        end
    end
end
redis.call('HSET', KEYS[2], id, ARGV[2] .. ARGV[3] .. ARGV[5])
redis.call('SADD', KEYS[3], entry)
redis.call('PUBLISH', KEYS[2], ARGV[2] .. 'J' .. net(id) .. ARGV[5])
return 1
