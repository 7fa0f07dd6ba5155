-- wrk: one fresh token a request, in the order of a file; the same bodies whatever server they go to.
local secret, path = os.getenv("BENCH_SECRET"), os.getenv("BENCH_TOKENS")
local tokens, at = {}, 0
for line in io.lines(path) do tokens[#tokens + 1] = line end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
local head = "secret=" .. secret .. "&response="
request = function()
  at = at + 1
  if at > #tokens then at = 1 end
  return wrk.format(nil, nil, nil, head .. tokens[at])
end
local wrong = 0
response = os.getenv("BENCH_CHECK") and function(status, _, body)
  if status ~= 200 or not body:find('"success":true', 1, true) then wrong = wrong + 1; io.stderr:write(status .. " " .. body .. "\n") end
end or nil
