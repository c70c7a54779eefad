-- Claims an ID: 1, or 0 if a living node has it.
-- KEYS: nodes, the room, the set of the node, the log of the room, its head. ARGV: prefix, node, number, ID, what is known
-- of the member, name of the room, the close of an older member that makes way, or nothing if none does, and when the member
-- came, at the earliest and at the latest.
redis.call('ZREM', KEYS[1], '') -- insists
local id, number, came, entry = ARGV[4], ARGV[3], ARGV[8], net(ARGV[6]) .. ARGV[4]
local held = redis.call('HGET', KEYS[2], id)
if held then
    local owner, last, since = string.sub(held, 1, 16), string.sub(held, 17, 32), string.sub(held, 33, 48)
    if owner == ARGV[2] then
        -- This may come late, from a connection that is lost.
        if last > number then
            number, came = last, since
        end
    else
        local lease = redis.call('ZSCORE', KEYS[1], owner)
        local lives = lease and tonumber(lease) > now()
        -- The member that came last has the ID, even if the other claims it later. Another server may have had another time.
        local is_older = since > ARGV[9] and since <= hex(now())
        if lives and (ARGV[7] == '' or is_older) then
            return 0
        end
        redis.call('SREM', ARGV[1] .. 'node:' .. owner, entry)
        if lives or ARGV[7] ~= '' then
            redis.call(PUBLISH, KEYS[2], ARGV[2] .. 'X' .. net(id) .. owner .. last .. ARGV[7])
        else
            tell(ARGV[1], ARGV[6], owner, id, farewell_in(held))
        end
    end
end
redis.call('HSET', KEYS[2], id, ARGV[2] .. number .. came .. ARGV[5])
redis.call('SADD', KEYS[3], entry)
redis.call(PUBLISH, KEYS[2], ARGV[2] .. 'J' .. net(id) .. ARGV[5])
return 1
