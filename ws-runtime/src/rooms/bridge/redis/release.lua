-- Gives an ID up, unless it was claimed again by a connection with a greater number. An empty number is any; then the
-- farewell is the one that Redis knows.
-- KEYS: the room, the set of the node, the log of the room, its head. ARGV: node, number, ID, farewell, name of the room,
-- prefix, and how the farewell is told: `L`, or `l` if the node has not told its own members.
redis.call('SREM', KEYS[2], '') -- insists
local id, farewell = ARGV[3], ARGV[4]
local all, own = others(KEYS[1], id, ARGV[1])
local mine = own and (ARGV[2] == '' or own.number <= ARGV[2])
if mine then
    if ARGV[2] == '' or farewell == '' then
        farewell = own.farewell
    end
    -- The farewell of a member is said after its last connection, even if that one has set none.
    for _, held in ipairs(all) do
        if held.farewell == '' then
            held.farewell = farewell
        end
    end
    keep(KEYS[1], id, all)
end
-- Without a lease, as Redis forgot it, others may still know the member.
if mine or not own and #all == 0 then
    tell(ARGV[6], ARGV[5], ARGV[1], id, #all == 0 and farewell or '', ARGV[7])
end
if mine or not own then
    redis.call('SREM', KEYS[2], net(ARGV[5]) .. id)
end
return 1
