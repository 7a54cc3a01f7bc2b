import { Script } from './script.js';

/**
 * Moves devices' facts forward by one event after the other, keeps the events, and says for each whether its device must be planned again.
 *
 * KEYS[1] prefix (its hash tag is the slot of all keys) · ARGV[1] milliseconds for which events are kept · then by turns an event (see
 * `ingest.ts`) and what is kept of it -> for each event its answer, or what went wrong after `!`: one fails no other
 *
 * Registers `r:<fact>` hold `version|rank|value`: the newer version wins, in a tie the higher rank (the more containing value), so any
 * order of arrival gives the same facts. A version is capped by the clock of Redis; without a time it is that clock.
 * Compliance is kept per enrolment (UEM's DeviceId): that a device complies is believed of its newest enrolment only, and until that ends.
 * Lifecycle is kept per enrolment (UEM's DeviceId, empty where an event has none): only the end of the newest enrolment counts.
 * `device-count` is the known fleet: the devices whose enrolment has not ended. Where it is new, it begins with the enrolments known before.
 * `aliases` leads from a device's other identifier to its key, for events that do not tell the platform.
 */
export const ingestScript = new Script(`
local prefix, historyMs = KEYS[1], tonumber(ARGV[1])
local t = redis.call('TIME')
local now = string.format('%010d%06d0', tonumber(t[1]), tonumber(t[2]))
local nowMs = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local function given(value) return value ~= nil and value ~= cjson.null and value ~= '' end
local function deviceAt(key) return prefix .. ':device:' .. key end

local function keep(kept, key, result, reason)
  local id = redis.call('XADD', prefix .. ':events', 'MINID', '~', nowMs - historyMs, '*',
    'event', kept, 'key', key or '', 'result', result, 'reason', reason or '')
  if key then
    if redis.call('LPUSH', prefix .. ':device-events:' .. key, id) > 50 then
      redis.call('LTRIM', prefix .. ':device-events:' .. key, 0, 49)
    end
  end
  return id
end

local function parsed(text)
  if not text then return nil end
  local v, rank, value = string.match(text, '^(%d+)|(%d+)|(.*)$')
  return { version = v, rank = tonumber(rank), value = value }
end
local function beats(a, b)
  if not b or a.version ~= b.version then return not b or a.version > b.version end
  return a.rank > b.rank or (a.rank == b.rank and a.value > b.value)
end

-- a device first known by its other identifier goes on under its key, with all that is known and all that we did
local function adopt(other, key)
  local flat = redis.call('HGETALL', deviceAt(other))
  for i = 1, #flat, 2 do
    local name, text, mine = flat[i], flat[i + 1], redis.call('HGET', deviceAt(key), flat[i])
    if not mine or (string.find(name, '^r:') and beats(parsed(text), parsed(mine))) then redis.call('HSET', deviceAt(key), name, text) end
    local enrolment = string.match(name, '^r:%a+:(.+)$')
    if enrolment then redis.call('HSET', prefix .. ':enrolments', enrolment, key) end
  end
  local done = redis.call('HGETALL', prefix .. ':ledger:' .. other)
  for i = 1, #done, 2 do redis.call('HSETNX', prefix .. ':ledger:' .. key, done[i], done[i + 1]) end
  for _, list in ipairs({ ':device-events:', ':device-runs:' }) do
    if redis.call('EXISTS', prefix .. list .. other) == 1 then redis.call('RENAMENX', prefix .. list .. other, prefix .. list .. key) end
    redis.call('DEL', prefix .. list .. other)
  end
  for _, set in ipairs({ ':dirty', ':held', ':failed', ':locked', ':exposed' }) do
    local score = redis.call('ZSCORE', prefix .. set, other)
    if score then redis.call('ZADD', prefix .. set, 'NX', score, key) redis.call('ZREM', prefix .. set, other) end
  end
  redis.call('DEL', deviceAt(other), prefix .. ':ledger:' .. other)
end

local function inFleet(key)
  local known = redis.call('HMGET', deviceAt(key), 'v', 'ended')
  return known[1] and (known[2] or '') == '' and 1 or 0
end

local function take(event, kept)
local version = given(event.time) and event.time < now and event.time or now

-- which device
local key, changed, before = event.keys[1], false, nil
local remembered = given(event.enrolment) and redis.call('HGET', prefix .. ':enrolments', event.enrolment) or false
if given(event.class) and key then
  local other = event.keys[2]
  if other and redis.call('HGET', prefix .. ':aliases', other) ~= key then redis.call('HSET', prefix .. ':aliases', other, key) end
  if other and redis.call('HGET', deviceAt(other), 'class') == '' then
    changed = redis.call('EXISTS', deviceAt(key)) == 1
    before = inFleet(other) + inFleet(key)
    adopt(other, key)
  end
elseif remembered then
  key = remembered
else
  for _, candidate in ipairs(event.keys) do
    local alias = redis.call('HGET', prefix .. ':aliases', candidate)
    if redis.call('EXISTS', deviceAt(candidate)) == 1 then key = candidate break end
    if alias then key = alias break end
  end
end
if not key then return cjson.encode({ id = keep(kept, nil, 'ignored', 'no_identifier'), result = 'ignored', reason = 'no_identifier' }) end

-- what is known
local device = deviceAt(key)
local fields, flat = {}, redis.call('HGETALL', device)
for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
before = before or (fields.v and not given(fields.ended) and 1 or 0)
local changes = {}
local function set(name, value)
  fields[name] = value
  changes[#changes + 1] = name
  changes[#changes + 1] = value
end
local function register(name) return parsed(fields['r:' .. name]) end

-- facts forward
local moved, equal = false, true
for _, said in ipairs(event.registers) do
  local old, new = register(said.name), { version = version, rank = said.rank, value = said.value }
  if beats(new, old) then
    moved = true
    set('r:' .. said.name, version .. '|' .. said.rank .. '|' .. said.value)
  end
  if not old or old.version ~= version or old.value ~= said.value then equal = false end
end

-- which facts hold
local current, newest
for name in pairs(fields) do
  local enrolment = string.match(name, '^r:enrolled:(.+)$')
  if enrolment then
    local candidate = register('enrolled:' .. enrolment)
    if not newest or candidate.version > newest.version or (candidate.version == newest.version and enrolment > current) then
      current, newest = enrolment, candidate
    end
  end
end
local unnamed, ended = register('enrolled:'), nil
if not newest or (unnamed and unnamed.version > newest.version) then newest = unnamed end
for name in pairs(fields) do
  local enrolment = string.match(name, '^r:ended:(.*)$')
  if enrolment and (not current or enrolment == current or enrolment == '') then
    local candidate = register('ended:' .. enrolment)
    if beats(candidate, ended) then ended = candidate end
  end
end
local lastEnd = ended
if ended and newest and newest.version > ended.version then ended = nil end

local function hold(name, value, since)
  if (fields[name] or '') == value then return end
  changed = true
  set(name, value)
  set(name .. 'Since', since)
end
local compliance, compromised, unrecognised = nil, register('compromised'), register('unrecognised')
for name in pairs(fields) do
  local enrolment = string.match(name, '^r:compliance:(.*)$')
  if enrolment then
    local candidate = register('compliance:' .. enrolment)
    local counts = not current or enrolment == current or enrolment == '' or candidate.value == 'noncompliant'
    if counts and beats(candidate, compliance) then compliance = candidate end
  end
end
local outdated = compliance and compliance.value == 'compliant' and lastEnd and compliance.version <= lastEnd.version
hold('compliance', compliance and not outdated and compliance.value or '', compliance and compliance.version or version)
if compromised then hold('compromised', compromised.value == 'compromised' and '1' or '', compromised.version) end
local open = unrecognised and beats(unrecognised, compromised) and unrecognised.value or ''
hold('unrecognised', open, version)
local endedAlready = given(fields.ended) and fields.endedSince
hold('ended', ended and ended.value or '', ended and (endedAlready or ended.version) or version)
local after = ended and 0 or 1
if after ~= before then
  if redis.call('EXISTS', prefix .. ':device-count') == 0 then redis.call('SET', prefix .. ':device-count', redis.call('HLEN', prefix .. ':enrolments')) end
  redis.call('INCRBY', prefix .. ':device-count', after - before)
end
local foreign = current and given(event.enrolment) and event.enrolment ~= current
local superseded = event.ends and foreign

-- who and what the device is: newest non-empty values; another enrolment starts afresh, and the current one is never described by an older
local judgedAnew = false
local judgedBy = { email = true, userName = true, platform = true, ownership = true, organizationGroup = true }
local function describe(name, value)
  if judgedBy[name] and given(fields[name]) and string.lower(fields[name]) ~= string.lower(value) then judgedAnew = true end
  set(name, value)
end
local fresh = given(event.enrolment) and given(fields.enrolment) and fields.enrolment ~= event.enrolment
local newer = version >= (fields.describedAt or '') or (fresh and event.enrolment == current)
if not superseded and not (foreign and version <= newest.version) then
  for name, value in pairs(event.description) do
    if given(value) and (newer or not (fresh or given(fields[name]))) then
      describe(name, value)
    elseif newer and fresh and name ~= 'udid' and name ~= 'serialNumber' then
      describe(name, '')
    end
  end
  if newer then set('describedAt', version) end
  if newer and given(event.enrolment) then set('enrolment', event.enrolment) end
end
if given(event.class) then set('class', event.class) elseif not fields.class then set('class', '') end
if given(event.enrolment) and remembered ~= key then redis.call('HSET', prefix .. ':enrolments', event.enrolment, key) end

-- is there a reason to plan
local generation, enforced = tonumber(fields.generation or '0'), tonumber(fields.enforced or '0')
local contained = fields.compliance == 'noncompliant' or (fields.ended or '') ~= ''
local plan = changed or judgedAnew or (moved and not superseded and (enforced < generation or fields.held ~= nil))
local result, reason = 'stale', ''
if plan then
  result = 'queued'
elseif superseded then
  result, reason = 'ignored', 'superseded_enrolment'
elseif given(event.neutral) then
  result, reason = 'ignored', event.neutral
elseif moved or equal then
  result = 'duplicate'
end
local id = keep(kept, key, result, reason)
local queued, why = false, event.why
-- what is in the line already keeps its place, though a sweep has something to say of it as well
if why == 'sweep' and enforced < generation and not fields.failure and fields.because then why = cjson.decode(fields.because).why end
if plan then
  generation = generation + 1
  set('generation', generation)
  -- by what the policy says of it now, its lock-out may not be complete
  if judgedAnew and (contained or fields.compromised == '1') then set('recheck', generation) end
  set('because', cjson.encode({ eventId = id, eventTime = given(event.time) and event.time or cjson.null, receivedAt = nowMs, why = why }))
  for field, zset in pairs({ failure = ':failed', held = ':held' }) do
    if fields[field] then
      redis.call('HDEL', device, field)
      redis.call('ZREM', prefix .. zset, key)
    end
  end
  if changed and fields.releasedFrom then redis.call('HDEL', device, 'releasedFrom') end
  queued = redis.call('ZADD', prefix .. ':dirty', 'NX', nowMs, key) == 0
elseif enforced < generation then
  queued = redis.call('ZSCORE', prefix .. ':dirty', key) ~= false
end
if not fields.v then set('v', '1') end
if #changes > 0 then redis.call('HSET', device, unpack(changes)) end
return cjson.encode({ id = id, result = result, reason = reason, key = key, generation = generation, dirty = plan or queued, queued = queued,
  contained = contained, compromised = fields.compromised == '1',
  now = now })
end

local answers = {}
for i = 2, #ARGV, 2 do
  local ok, answer = pcall(function() return take(cjson.decode(ARGV[i]), ARGV[i + 1]) end)
  answers[#answers + 1] = ok and answer or '!' .. tostring(type(answer) == 'table' and answer.err or answer)
end
return answers
`);
