-- Claims an ID: 1, or 0 if a living node has it.
-- KEYS: nodes, the room, the set of the node, the log of the room, its head. ARGV: prefix, node, number, ID, what is known
-- of the member, name of the room, what happens to those who have the ID (nothing if they keep it, `+` if it is shared, or else
-- the close that makes way), and when the member came, at the earliest and at the latest.
redis.call('ZREM', KEYS[1], '') -- insists
local id, number, came, how, entry = ARGV[4], ARGV[3], ARGV[8], ARGV[7], net(ARGV[6]) .. ARGV[4]
local all, own = others(KEYS[2], id, ARGV[2])
local living, dead, shares, time = {}, {}, how == '+', now()
for _, held in ipairs(all) do
    local lease = redis.call('ZSCORE', KEYS[1], held.node)
    if lease and tonumber(lease) > time then
        living[#living + 1] = held
        -- The member that came last has the ID, even if the other claims it later. Another server may have had another time.
        local is_older = held.came > ARGV[9] and held.came <= hex(time)
        if how == '' or how ~= '+' and is_older then
            if not own then
                return 0
            end
            shares = true
        end
    else
        dead[#dead + 1] = held
    end
end
-- This may come late, from a connection that is lost.
if own and own.number > number then
    number, came = own.number, own.came
end
all = shares and living or {}
local meta, farewell = split(ARGV[5])
if meta == '0:' and #all > 0 then
    meta = all[1].meta
end
for _, held in ipairs(all) do
    held.meta = meta
end
local function drop(held)
    redis.call('SREM', ARGV[1] .. 'node:' .. held.node, entry)
end
local function replace(held)
    drop(held)
    redis.call(PUBLISH, KEYS[2], ARGV[2] .. 'X' .. net(id) .. held.node .. held.number .. how)
end
if not shares then
    for _, held in ipairs(living) do
        replace(held)
    end
end
for index, held in ipairs(dead) do
    if how ~= '' and how ~= '+' then
        replace(held)
    else
        drop(held)
        local is_last = #all == 0 and index == #dead
        tell(ARGV[1], ARGV[6], held.node, id, is_last and held.farewell or '')
    end
end
all[#all + 1] = { node = ARGV[2], number = number, came = came, meta = meta, farewell = farewell }
keep(KEYS[2], id, all)
redis.call('SADD', KEYS[3], entry)
redis.call(PUBLISH, KEYS[2], ARGV[2] .. (#all > 1 and 'S' or 'J') .. net(id) .. meta .. farewell)
return 1
