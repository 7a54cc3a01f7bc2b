import { Script } from './script.js';

/**
 * KEYS[1] hash of the bucket, KEYS[2] of the leading one · ARGV[1] now in ms (empty: the clock of Redis) · ARGV[2] `take`, `claim`,
 * `leave` or `report` · ARGV[3] … see below
 *
 * Hash: `limit`, `remaining` (the least that was said in this window), `reset` (names the window, epoch seconds), `endsAt`, `assumed` (the
 * window has begun by our clock only), `span` (the longest a window has been seen to last), `spent` (by us in this window), `tokens`, `at`
 * (when they were counted), `silent` (when an answer came that named no limit), `together` (it seems to be counted in one with the leading
 * bucket), `apartUntil` (it has been seen not to be), `vain<lane>` (since when the lane has asked in vain). `<hash>:sent` holds the calls that
 * may still be on their way, `<hash>:line:<lane>` who was told to come back, and when.
 */
const read = `
local t = redis.call('TIME')
local now = tonumber(ARGV[1]) or tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local lostAfterMs, seamMs, longestMs = 15000, 1000, 120000
local base, sentKey, state, sent
local function open(key)
  base, sentKey, state = key, key .. ':sent', {}
  local flat = redis.call('HGETALL', base)
  for i = 1, #flat, 2 do state[flat[i]] = tonumber(flat[i + 1]) end
  redis.call('ZREMRANGEBYSCORE', sentKey, '-inf', now - lostAfterMs)
  sent = redis.call('ZCARD', sentKey)
end
local function save(...)
  local fields = {}
  for _, name in ipairs({...}) do
    fields[#fields + 1] = name
    fields[#fields + 1] = tostring(state[name])
  end
  redis.call('HSET', base, unpack(fields))
end
open(KEYS[1])
`;

/**
 * ARGV share, lane (0 first), how many of those that are told to come back one token is for, who asks …
 * -> {1, token, whether the leading bucket pays} | {0, ms until there may be a token, ms until each of those who ask has its turn …}
 *
 * Tokens come at the rate at which what is left lasts until the end of the window, at most twice the average; a second's worth is kept.
 * Nobody knows more than the second in which a window ends: the last tokens are spread until a second after it seems to.
 * Each lane leaves a token more than the one above it, and all while somebody of the one above waits, until it has asked in vain for a while.
 * The first may overdraw by two seconds' worth. What is counted in one with the leading
 * bucket is paid by it, one lane lower.
 *
 * `leave` is for who asked and does not wait any longer.
 *
 * `claim` is for one who asks, and for a change in the name of their device. KEYS[3] device, its ledger, which devices are locked, blocks, lock
 * of the job, counted devices · ARGV[7] generation, token of the lock, record (empty: nothing to be written), ledger entry, since when it is locked by it (empty: it is
 * not), since when it must be counted (empty: need not), then scopes: {2} and nothing done where the device has another generation or is not
 * counted, the job has another lock or a scope a block; with the token the entry is written.
 */
const take = `
local share, lane, perToken, firstWho = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), 6
local claims = ARGV[2] == 'claim'
local lastWho = claims and firstWho or #ARGV
if claims then
  if redis.call('HGET', KEYS[3], 'generation') ~= ARGV[7] or redis.call('GET', KEYS[7]) ~= ARGV[8] then return { 2 } end
  if ARGV[12] ~= '' and (tonumber(redis.call('ZSCORE', KEYS[8], ARGV[6])) or -1) <= tonumber(ARGV[12]) then return { 2 } end
  for i = 13, #ARGV do
    if redis.call('HEXISTS', KEYS[6], ARGV[i]) == 1 then return { 2 } end
  end
end
local starvedAfterMs, yieldMs, shortHorizonMs, horizonMs, overbooked, silentForMs, lowestLane = 15000, 1000, 10000, 60000, 0.8, 60000, 4
local together = state.together == 1
if together then
  open(KEYS[2])
  lane = lane == 0 and 0 or math.min(lane + 1, lowestLane)
end
if ARGV[2] == 'leave' then
  for i = firstWho, lastWho do redis.call('ZREM', base .. ':line:' .. lane, ARGV[i]) end
  return
end

local function grant()
  local token = redis.call('HINCRBY', base, 'granted', 1)
  redis.call('ZADD', sentKey, now, token)
  for i = firstWho, lastWho do redis.call('ZREM', base .. ':line:' .. lane, ARGV[i]) end
  if claims and ARGV[9] ~= '' then
    redis.call('HSET', KEYS[4], ARGV[9], ARGV[10])
    if ARGV[11] ~= '' then redis.call('ZADD', KEYS[5], 'NX', ARGV[11], ARGV[6]) end
  end
  return { 1, token, together and 1 or 0 }
end

local function sendBack(soonMs, gapMs)
  local lineEnd = 0
  for above = 0, lane do
    local line = base .. ':line:' .. above
    redis.call('ZREMRANGEBYSCORE', line, '-inf', now)
    lineEnd = math.max(lineEnd, tonumber(redis.call('ZREVRANGE', line, 0, 0, 'WITHSCORES')[2]) or 0)
  end
  local answer, line = { 0, math.ceil(soonMs) }, base .. ':line:' .. lane
  for i = firstWho, lastWho do
    local turn = tonumber(redis.call('ZSCORE', line, ARGV[i]))
    if not turn then
      turn = math.max(now + soonMs, lineEnd + gapMs)
      lineEnd = turn
      local waiting = redis.call('ZCARD', line)
      -- whoever locks comes back when the line may have come to an end, however far ahead those who came before were told
      local horizon = lane > 1 and horizonMs or math.min(horizonMs, math.max(soonMs, shortHorizonMs, waiting * gapMs))
      if turn > now + horizon then turn = now + horizon / 2 * (1 + waiting % 100 / 100) end
      redis.call('ZADD', line, turn, ARGV[i])
    end
    answer[#answer + 1] = math.ceil(turn - now)
  end
  return answer
end

if not state.limit then
  if sent == 0 or now - (state.silent or -silentForMs) < silentForMs then return grant() end
  return sendBack(50, 20 / perToken)
end

-- no window is so long: the clock was put back since, or an older version believed what cannot be
local span, impossible = math.min(state.span, longestMs), state.endsAt > now + longestMs
if impossible then
  for any = 0, lowestLane do
    state['vain' .. any] = nil
    redis.call('HDEL', base, 'vain' .. any)
    redis.call('DEL', base .. ':line:' .. any)
  end
end
if impossible or now >= state.endsAt + seamMs then
  state.remaining, state.spent, state.endsAt, state.assumed = state.limit, sent, now + span, 1
end
local ours = math.max(1, math.floor(state.limit * share))
local left = math.min(ours - state.spent, state.remaining - sent)
local average = ours / span
local rate = math.min(2 * average, math.max(0, left) / math.max(state.endsAt - now, seamMs))
local burst = math.max(5, 1000 * average)
state.tokens = math.min(burst, (state.tokens or burst) + rate * math.max(0, now - (state.at or now)))
state.at = now

local vain = 'vain' .. lane
local reserve = lane * math.min(1, ours / 20)
local starved = state[vain] and now - state[vain] >= starvedAfterMs
if lane == 0 or starved then reserve = -2 * burst end
local enough = left >= 1 + math.max(0, math.floor(reserve))

local yields = false
for above = 0, starved and -1 or lane - 1 do
  yields = yields or redis.call('ZCOUNT', base .. ':line:' .. above, now, '+inf') > 0
end

if enough and not yields and state.tokens >= 1 + reserve then
  state.tokens, state.spent = state.tokens - 1, state.spent + 1
  save('remaining', 'spent', 'endsAt', 'assumed', 'tokens', 'at')
  redis.call('HDEL', base, vain)
  return grant()
end
state[vain] = state[vain] or now
save('remaining', 'spent', 'endsAt', 'assumed', 'tokens', 'at', vain)
local soonMs = enough and (1 + reserve - state.tokens) / rate or state.endsAt + seamMs - now
return sendBack(yields and math.max(yieldMs, soonMs) or soonMs, overbooked / (average * perToken))
`;

/**
 * ARGV limit, remaining, reset, ms until it; nothing: the answer named no limit
 *
 * An answer may come late: within a window only the least `remaining` counts, and what is on its way comes off it (see above).
 *
 * A bucket whose answers show the limit, the window and nearly the remaining of the leading one seems to be counted in one with it. Then
 * its calls go after the leading one's, so that what is counted apart soon shows: that is believed for a while.
 */
const report = `
if not ARGV[3] then
  state.silent = now
  return save('silent')
end
local limit, remaining, reset, endsInMs = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])

local function learn()
  local known = state.reset or 0
  -- late answers are of the last window, or the one before
  local late = reset < known - 1 and reset >= known - 2 * longestMs / 1000
  if late then return end
  state.limit = limit
  state.span = math.min(longestMs, math.max(state.span or 1000, endsInMs))
  if math.abs(reset - known) > 1 then
    if state.assumed ~= 1 then state.spent = sent end
    state.reset, state.remaining, state.endsAt, state.assumed = reset, remaining, now + endsInMs, 0
  elseif state.assumed ~= 1 then
    state.remaining = math.min(state.remaining, remaining)
    state.endsAt = math.min(state.endsAt, now + endsInMs)
  elseif endsInMs > seamMs then
    state.remaining, state.endsAt, state.assumed = remaining, now + endsInMs, 0
  end
  save('limit', 'span', 'spent', 'reset', 'remaining', 'endsAt', 'assumed')
end
learn()
if KEYS[1] == KEYS[2] then return end

local clearlyMs, apartForMs, own = 3000, 600000, state
open(KEYS[2])
local clear = state.limit and state.assumed ~= 1 and state.endsAt > now + clearlyMs and reset >= state.reset - 1
if clear then
  local near = state.limit == limit and reset <= state.reset + 1 and math.abs(state.remaining - remaining) <= limit / 4
  if not near then own.apartUntil = now + apartForMs end
  own.together = near and now >= (own.apartUntil or 0) and 1 or 0
  redis.call('HSET', KEYS[1], 'together', own.together, 'apartUntil', own.apartUntil or 0)
end
if own.together == 1 then learn() end
`;

/** One script, so that an answer that is reported never comes after the next question because only its script has to be sent first. */
export const budgetScript = new Script(`${read}
if ARGV[2] == 'report' then ${report} return end
${take}`);
