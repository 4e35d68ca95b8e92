-- Whether a write may leave: 0, and its turn is taken, or the moment before which it may not.
--
-- A line is a sorted set: each target that waits stands at the moment it was told. Who comes anew stands behind the last,
-- who can't go at its moment goes back by as much as it must, and whoever is too near behind it goes back, too. So nobody
-- is overtaken, each one asks about twice, and who comes late or never holds up nobody.
local ask = cjson.decode(ARGV[1])
local hold, budget, written, content, line = unpack(KEYS)
local KEPT = 3600 * 1000 * 1000
local function exact(number) return string.format('%.0f', number) end
local function number(key, field) return tonumber(redis.call('HGET', key, field) or 0) end
-- A tenth more than is demanded, so that one who comes a little late does not push back all who wait.
local step = ask.own_spacing * 1.1

-- When the next write of this pace could leave if nobody waited.
local function opens()
  local at = math.max(ask.now, number(hold, 'until'), number(written, 'any') + ask.spacing)
  if redis.call('HGET', budget, 'remaining') == '0' then at = math.max(at, number(budget, 'reset')) end
  if ask.pace == 'notifying' then at = math.max(at, number(written, 'notifying') + ask.own_spacing) end
  for _, window in ipairs(ask.windows) do
    local first = redis.call('ZREVRANGE', content, window[1] - 1, window[1] - 1, 'WITHSCORES')
    if first[2] then at = math.max(at, tonumber(first[2]) + window[2]) end
  end
  return at
end

-- Where the target stands in the line, or would.
local promised = tonumber(redis.call('ZSCORE', line, ask.target))
local function place()
  if promised then return promised end
  local last = redis.call('ZREVRANGE', line, 0, 0, 'WITHSCORES')
  return (last[2] and tonumber(last[2]) > ask.now) and tonumber(last[2]) + step or ask.now
end

-- The target leaves or waits at this moment; those behind it keep their distance.
local function push_back(at)
  local behind = '(' .. exact(math.max(ask.now, promised or 0))
  local standing = redis.call('ZRANGEBYSCORE', line, behind, '+inf', 'WITHSCORES')
  for i = 1, #standing, 2 do
    if tonumber(standing[i + 1]) >= at + ask.own_spacing then return end
    at = at + step
    redis.call('ZADD', line, exact(at), standing[i])
  end
end

local function take()
  redis.call('ZREM', line, ask.target)
  redis.call('HSET', written, 'any', exact(ask.now))
  if ask.pace == 'notifying' then redis.call('HSET', written, 'notifying', exact(ask.now)) end
  redis.call('PEXPIRE', written, exact(KEPT / 1000))
  if #ask.windows > 0 then
    redis.call('ZADD', content, exact(ask.now), ask.id)
    redis.call('ZREMRANGEBYSCORE', content, '-inf', exact(ask.now - KEPT))
    redis.call('PEXPIRE', content, exact(KEPT / 1000))
  end
  push_back(ask.now)
end

local function wait(at)
  if promised then
    redis.call('ZREM', line, ask.target)
    push_back(at)
  end
  redis.call('ZADD', line, exact(at), ask.target)
  redis.call('ZREMRANGEBYSCORE', line, '-inf', exact(ask.now - KEPT))
  redis.call('PEXPIRE', line, exact((at - ask.now + KEPT) / 1000))
end

local at = math.ceil(math.max(opens(), place()))
if at <= ask.now then
  if ask.take then take() end
  return 0
end
if ask.take then wait(at) end
return at
