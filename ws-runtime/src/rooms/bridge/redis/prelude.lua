-- The lease of a node is its score in the sorted set `nodes`: when it ends, in milliseconds.
-- The hash of a room has a field for each member: 16 characters of node, 16 of number, then the farewell.
-- The set of a node has an entry for each of its members: the room as a netstring, then the ID.

local function now()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function net(text)
    return #text .. ':' .. text
end

-- Tells the room that a member left.
local function tell(room, owner, id, farewell)
    redis.call('PUBLISH', room, owner .. 'L' .. net(id) .. farewell)
end

