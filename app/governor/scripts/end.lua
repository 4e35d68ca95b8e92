-- What a request's end told: its slot is free, the budget is known; 0, or the moment until which GitHub limits us.
local ask = cjson.decode(ARGV[1])
local slots, hold, budget, installations = unpack(KEYS)
local HOUR = 3600 * 1000 * 1000
-- Answers of one hour may name its end some seconds apart.
local SAME_HOUR = 5 * 1000 * 1000
local function exact(number) return string.format('%.0f', number) end
local function number(key, field) return tonumber(redis.call('HGET', key, field) or 0) end

-- Answers may come in another order than GitHub gave them: of one hour the least that remains is the newest. A refusal
-- is believed in any case.
local function keep(said)
  local reset, remaining = number(budget, 'reset'), number(budget, 'remaining')
  local reset_at = said.reset
  if not ask.limited then
    if said.reset < reset - SAME_HOUR then return end
    if said.reset <= reset + SAME_HOUR then said.remaining = math.min(said.remaining, remaining) end
    reset_at = math.max(said.reset, reset)
  end
  redis.call('HSET', budget, 'remaining', exact(said.remaining), 'reserve', exact(said.reserve), 'reset', exact(reset_at))
  redis.call('PEXPIRE', budget, exact((reset_at - ask.now) / 1000 + HOUR / 1000))
end

-- A limit that was met by requests under way at once is one limit; each further one in a row doubles the wait.
local function hold_all()
  local times = number(hold, 'times')
  if ask.begun > number(hold, 'since') then times = times + 1 end
  local wait = ask.wait or ask.first * 2 ^ (times - 1)
  local at = math.max(number(hold, 'until'), ask.now + math.min(wait, ask.longest))
  local since = math.max(ask.now, number(hold, 'since'))
  redis.call('HSET', hold, 'until', exact(at), 'times', exact(times), 'since', exact(since))
  if ask.write then redis.call('HSET', hold, 'write', '1') end
  redis.call('PEXPIRE', hold, exact((at - ask.now + ask.longest) / 1000))
  return at
end

redis.call('ZREM', slots, ask.slot)
redis.call('ZADD', installations, exact(ask.now), ask.installation)
redis.call('ZREMRANGEBYSCORE', installations, '-inf', exact(ask.now - HOUR))
if ask.budget and ask.budget.reset > ask.now then keep(ask.budget) end
-- That readings succeed says nothing of a limit that only writes meet, as that of creating content is.
local tells = ask.write or number(hold, 'write') == 0
if ask.served and tells and ask.begun > number(hold, 'since') then redis.call('DEL', hold) end
if not ask.limited then return 0 end
if not ask.wait and ask.budget and ask.budget.remaining == 0 and ask.budget.reset > ask.now then
  return number(budget, 'reset')
end
return hold_all()
