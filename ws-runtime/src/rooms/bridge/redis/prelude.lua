-- `PUBLISH` is the command that publishes, which depends on the channels.
-- The lease of a node is its score in the sorted set `nodes`: when it ends, in milliseconds.
-- The hash of a room has a field for each member, with a netstring for each node that has it: 16 characters of node, 16 of
-- number, 16 of the time at which it came, then what is known of it: its metadata as a netstring, and its farewell. There are
-- several nodes if they share the ID.
-- The set of a node has an entry for each of its members: the room as a netstring, then the ID.
-- A room with a history has two more keys. Its `log` is a stream whose IDs are places: the number of broadcasts, and that of
-- the private messages since. Its `head` is a hash: the epoch, the life of Redis that it belongs to, the place of the newest
-- message (`offset` and `private`), that of the newest one that is forgotten (`floor`), the times of both (`time` and `floored`), and
-- the bounds.
-- For each node that spoke in a room with a history, `last` is the number of its newest message there. It ends by itself, because
-- nodes come and go.

-- If Redis has no memory left, it refuses the first write of a script that may need some, and no later one. Who holds what is small,
-- so scripts insist on that, by a write that needs none. They do not insist on messages.

local function now()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- A time, such that later ones are greater as texts.
local function hex(time)
    return string.format('%08x%08x', math.floor(time / 4294967296), time % 4294967296)
end

local function net(text)
    return #text .. ':' .. text
end

-- Splits a text behind the netstring that it begins with.
local function split(text)
    local colon = string.find(text, ':', 1, true)
    local last = colon + tonumber(string.sub(text, 1, colon - 1))
    return string.sub(text, 1, last), string.sub(text, last + 1)
end

-- The nodes that have an ID, but not this one; and what this one has, or nil.
local function others(room, id, node)
    local all, own, rest = {}, nil, redis.call('HGET', room, id) or ''
    while rest ~= '' do
        local text
        text, rest = split(rest)
        text = string.sub(text, string.find(text, ':', 1, true) + 1)
        local held = {
            node = string.sub(text, 1, 16),
            number = string.sub(text, 17, 32),
            came = string.sub(text, 33, 48),
        }
        held.meta, held.farewell = split(string.sub(text, 49))
        if held.node == node then
            own = held
        else
            all[#all + 1] = held
        end
    end
    return all, own
end

-- Keeps which nodes have an ID.
local function keep(room, id, all)
    if #all == 0 then
        redis.call('HDEL', room, id)
        return
    end
    local texts = {}
    for index, held in ipairs(all) do
        texts[index] = net(held.node .. held.number .. held.came .. held.meta .. held.farewell)
    end
    redis.call('HSET', room, id, table.concat(texts))
end

local function digits(number)
    return string.format('%.0f', number)
end

-- Forgets what is too much or too old. What an entry counts in addition to its message is what it takes in a process, too.
local function trim(log, head, bounds, bytes)
    local length, floor, floored = redis.call('XLEN', log), nil, nil
    local oldest = now() - bounds.within
    while length > 0 do
        local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
        local fits = length <= bounds.count and (bytes <= bounds.bytes or length == 1)
        if fits and tonumber(first[2][2]) >= oldest then
            break
        end
        redis.call('XDEL', log, first[1])
        length, bytes, floor, floored = length - 1, bytes - #first[2][4] - 64, first[1], first[2][2]
    end
    if floor then
        redis.call('HSET', head, 'floor', floor, 'floored', floored, 'bytes', digits(bytes))
    end
end

-- Appends messages to the history of a room, and publishes each with its place. Each is a table of the message and whether it is
-- private. Returns how many were appended: the first ones, and fewer than all if Redis has no memory for the rest.
local function append(room, log, head, node, messages)
    local known = redis.call('HMGET', head, 'epoch', 'offset', 'private', 'bytes', 'count', 'within', 'limit', 'time')
    local offset, inner, bytes, time = tonumber(known[2]), tonumber(known[3]), tonumber(known[4]), digits(now())
    local bounds = { count = tonumber(known[5]), within = tonumber(known[6]), bytes = tonumber(known[7]) }
    -- The log ends by itself when all of it is too old.
    if redis.call('EXISTS', log) == 0 then
        bytes = 0
        local floor = digits(offset) .. '-' .. digits(inner)
        if type(redis.pcall('HSET', head, 'floor', floor, 'floored', known[8])) == 'table' then
            return 0
        end
    end
    local appended, is_due = 0, bytes > bounds.bytes
    for _, entry in ipairs(messages) do
        local message, private = entry[1], entry[2]
        local place = private and digits(offset) .. '-' .. digits(inner + 1) or digits(offset + 1) .. '-0'
        local added = redis.pcall('XADD', log, place, 't', time, 'm', message)
        if type(added) == 'table' and added.err then
            break
        end
        if private then
            inner = inner + 1
        else
            offset, inner = offset + 1, 0
        end
        appended, bytes = appended + 1, bytes + #message + 64
        is_due = is_due or bytes > bounds.bytes or (offset + inner) % 8 == 1
        redis.call(PUBLISH, room, node .. 'H' .. known[1] .. net(place) .. net(time) .. message)
    end
    if appended > 0 then
        local fields = { 'offset', digits(offset), 'private', digits(inner), 'bytes', digits(bytes), 'time', time }
        redis.call('HSET', head, unpack(fields))
        redis.call('PEXPIRE', log, digits(bounds.within + 60000))
        if is_due then
            trim(log, head, bounds, bytes)
            redis.call('PEXPIRE', head, digits(bounds.within + 86400000))
        end
    end
    return appended
end

-- Whether a history has the newest message that a process has seen, and not another one in its place. Redis may have lost its
-- last messages, and have been given others since.
local function agrees(log, head, seen)
    local known = redis.call('HMGET', head, 'offset', 'private', 'time', 'floor', 'floored')
    local offset, inner = tonumber(known[1]), tonumber(known[2])
    if offset < seen.offset or offset == seen.offset and inner < seen.private then
        return false
    end
    local place = digits(seen.offset) .. '-' .. digits(seen.private)
    local time = nil
    if place == known[1] .. '-' .. known[2] then
        time = known[3]
    elseif place == known[4] then
        time = known[5]
    else
        local entry = redis.call('XRANGE', log, place, place)[1]
        time = entry and entry[2][2]
    end
    -- Without an entry, it is forgotten, which the process is told.
    return not time or time == seen.time
end

-- Begins the history of a room, unless it is there and belongs to this life of Redis. If it does not agree with what a process
-- has seen, Redis lost some of it, and it begins anew as well.
local function open(log, head, epoch, life, bounds, seen)
    local known = redis.call('HMGET', head, 'epoch', 'life')
    local is_known = known[1] and known[2] == life
    if is_known and seen and seen.epoch == known[1] then
        is_known = agrees(log, head, seen)
    end
    if not is_known then
        redis.call('DEL', log, head)
        redis.call('HSET', head, 'epoch', epoch, 'life', life, 'offset', 0, 'private', 0, 'floor', '0-0', 'bytes', 0)
        redis.call('HSET', head, 'time', 0, 'floored', 0)
        redis.call('PEXPIRE', head, digits(bounds.within + 86400000))
    end
    redis.call('HSET', head, 'count', bounds.count, 'within', bounds.within, 'limit', bounds.bytes)
end

-- Tells the room that a node does not have a member any more. That is a farewell, which a room with a history remembers, unless
-- other nodes have the member. `L` is not for the node itself, which knows it; `l` is.
local function tell(prefix, name, owner, id, farewell, kind)
    local room, log, head = prefix .. 'room:' .. name, prefix .. 'log:' .. name, prefix .. 'head:' .. name
    if farewell ~= '' and redis.call('EXISTS', head) == 1 and append(room, log, head, owner, { { '*' .. farewell, false } }) == 1 then
        farewell = ''
    end
    redis.call(PUBLISH, room, owner .. (kind or 'L') .. net(id) .. farewell)
end

