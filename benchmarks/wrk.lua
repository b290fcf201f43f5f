-- One fixed request, again and again; the result as a line of JSON. PACE: milliseconds from one request of a connection to its next, on
-- average, so that the rate is fixed; IDEMPOTENT: each request has an Idempotency-Key of its own.
wrk.method = os.getenv("METHOD")
wrk.body = os.getenv("BODY")
wrk.headers["Content-Type"] = "application/json"
if os.getenv("KEY") then wrk.headers["Authorization"] = "Bearer " .. os.getenv("KEY") end
for name, value in (os.getenv("HEADERS") or ""):gmatch("([^:\n]+): ([^\n]*)") do wrk.headers[name] = value end
local pace, number = tonumber(os.getenv("PACE")), 0
if pace then
  function delay() return math.floor(-math.log(1 - math.random()) * pace + 0.5) end
end
if os.getenv("IDEMPOTENT") then
  function request()
    number = number + 1
    wrk.headers["Idempotency-Key"] = string.format("%d-%d", os.time(), number)
    return wrk.format()
  end
end
function done(summary, latency)
  local e = summary.errors
  print(string.format('RESULT {"count":%d,"us":%d,"bad":%d,"p50":%.1f,"p99":%.1f}', summary.requests, summary.duration,
    e.status + e.connect + e.read + e.write + e.timeout, latency:percentile(50), latency:percentile(99)))
end
