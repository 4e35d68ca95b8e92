-- Whether a request may begin: 0, and it has a slot, or the moment before which it may not.
local ask = cjson.decode(ARGV[1])
local slots, hold, budget, written = unpack(KEYS)
local function exact(number) return string.format('%.0f', number) end
local function number(key, field) return tonumber(redis.call('HGET', key, field) or 0) end

local at = number(hold, 'until')
local remaining = tonumber(redis.call('HGET', budget, 'remaining'))
local reserve = ask.pace and 0 or number(budget, 'reserve')
if remaining and remaining <= reserve then at = math.max(at, number(budget, 'reset')) end
if at > ask.now then return at end

redis.call('ZREMRANGEBYSCORE', slots, '-inf', exact(ask.now))
if redis.call('ZCARD', slots) >= ask.most then return ask.now + ask.wait end
redis.call('ZADD', slots, exact(ask.now + ask.lease), ask.slot)
redis.call('PEXPIRE', slots, exact(ask.lease / 1000))

-- A write leaves a little after its turn was taken; the next one keeps its distance from here.
for _, field in ipairs(ask.pace == 'notifying' and { 'any', 'notifying' } or ask.pace and { 'any' } or {}) do
  redis.call('HSET', written, field, exact(math.max(ask.now, number(written, field))))
end
return 0
