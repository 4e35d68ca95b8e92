-- One more in a window that slides: 0, or the moment at which the oldest leaves it.
local ask = cjson.decode(ARGV[1])
local window = KEYS[1]
local function exact(number) return string.format('%.0f', number) end

redis.call('ZREMRANGEBYSCORE', window, '-inf', exact(ask.now - ask.length))
if redis.call('ZCARD', window) < ask.most then
  redis.call('ZADD', window, exact(ask.now), ask.id)
  redis.call('PEXPIRE', window, exact(ask.length / 1000))
  return 0
end
local oldest = redis.call('ZRANGE', window, -ask.most, -ask.most, 'WITHSCORES')
return tonumber(oldest[2]) + ask.length
