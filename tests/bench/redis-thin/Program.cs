using CaptchaCluster.Bench;
using CaptchaCluster.Bench.Redis.Connection;
using CaptchaCluster.Bench.RedisThin;

// The least that can stand before Redis: a token is spent by who sets its key first. It is given away what CaptchaCluster also
// does: neither the secret nor the token's signature, site, hostname or expiry is looked at.
const string Usage = "usage: CaptchaCluster.Bench.RedisThin SOCKET [--on-socket-threads]";
const long KeyLifeSeconds = 3600; // in the run no key expires
byte[] success = [.. """{"success":true,"challenge_ts":"2026-11-20T22:15:00Z","hostname":"localhost","error-codes":[]}"""u8];
byte[] duplicate = [.. """{"success":false,"error-codes":["timeout-or-duplicate"],"reason":"duplicate"}"""u8];
byte[] invalid = [.. """{"success":false,"error-codes":["invalid-input-response"]}"""u8];

if (args is not [var socket, ..]) throw new ArgumentException(Usage);
await using RedisConnection redis = await RedisConnection.OpenAsync(socket);
await BenchHost.ServeAsync(args, async context =>
{
    TokenKey? key = await TokenForm.ReadKeyAsync(context.Request.BodyReader);
    byte[] answer = key is not { } found ? invalid : await redis.SetIfAbsentAsync(found, KeyLifeSeconds) ? success : duplicate;
    await BenchHost.AnswerAsync(context, answer);
});
