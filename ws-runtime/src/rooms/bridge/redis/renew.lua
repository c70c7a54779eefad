-- Renews the lease of a node, or ends it if it is to last 0 ms, and releases what nodes without a lease hold.
-- Whether the lease had not ended: 1 or 0; and the time in milliseconds.
-- Redis does nothing else meanwhile: so of each node at most 10000 members at a time.
-- KEYS: nodes. ARGV: prefix, node, milliseconds.
redis.call('ZREM', KEYS[1], '') -- insists
local time = now()
local lease = redis.call('ZSCORE', KEYS[1], ARGV[2])
local alive = lease and tonumber(lease) > time
local length = tonumber(ARGV[3])
redis.call('ZADD', KEYS[1], length > 0 and time + length or 0, ARGV[2])
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', time)) do
    local entries = ARGV[1] .. 'node:' .. dead
    for _, entry in ipairs(redis.call('SPOP', entries, 10000)) do
        local colon = string.find(entry, ':', 1, true)
        local last = colon + tonumber(string.sub(entry, 1, colon - 1))
        local name = string.sub(entry, colon + 1, last)
        local room = ARGV[1] .. 'room:' .. name
        local id = string.sub(entry, last + 1)
        local all, held = others(room, id, dead)
        if held then
            keep(room, id, all)
            tell(ARGV[1], name, dead, id, #all == 0 and held.farewell or '')
        end
    end
    if redis.call('EXISTS', entries) == 0 then
        redis.call('ZREM', KEYS[1], dead)
    end
end
return { alive and 1 or 0, time }
