using System.Text.Json;
using CaptchaCluster.Gateway.Admin.Backup;
using CaptchaCluster.Gateway.Keys;
using CaptchaCluster.Gateway.Management;
using CaptchaCluster.Sites;
using CaptchaCluster.Tokens;

namespace CaptchaCluster.Gateway.Admin;

/// <summary>A refusal: a code for programs, a message for people. Holds nothing secret (I11).</summary>
internal sealed record AdminError(int Status, string Code, string Message) : AdminReply(Status)
{
    public static readonly AdminError Unauthorized = new(401, "unauthorized", "Send the admin key as 'Authorization: Bearer <key>'.");
    public static readonly AdminError NoManagementToken = new(
        401, "unauthorized", "Send a management token that was not revoked as 'Authorization: Bearer cpt_pat_…'.");

    public static readonly AdminError TroopNotAllowed = new(
        403, "troop-not-allowed", $"An installation is one troop: leave 'troop_id' out, or send \"{ManagementSiteCalls.Troop}\".");

    public static readonly AdminError UnknownManagementToken = new(404, "unknown-management-token", "There is no management token of this id.");

    public static readonly AdminError TooManyManagementTokens = new(
        409, "too-many-management-tokens", $"There are {ManagementTokens.MaxCount} management tokens, which is the limit; revoke one first.");

    public static readonly AdminError TooManyInvalidKeys = new(
        503, "too-many-invalid-keys", "Too many requests from this address come without the admin key; send the right one.");

    public static readonly AdminError NotFound = new(404, "not-found", "There is nothing at this path.");
    public static readonly AdminError UnknownSite = new(404, "unknown-site", "There is no site of this sitekey.");
    public static readonly AdminError BodyTooLarge = new(413, "body-too-large", $"The body is longer than {AdminEndpoints.MaxBodySize} bytes.");
    public static readonly AdminError NotJson = new(
        415, "unsupported-media-type", "The body must be JSON, sent as Content-Type: application/json.");

    public static readonly AdminError Unreadable = new(400, "bad-request", "The body could not be read.");
    public static readonly AdminError NotAnObject = new(
        400, "bad-request", "The body must be one JSON object, in UTF-8, naming no member twice.");

    public static readonly AdminError SiteDisabled = new(409, "site-disabled", "The site is disabled; its tokens could not be redeemed.");

    public static readonly AdminError TokenTooLarge = new(
        400, "token-too-large", $"The token would be longer than {TokenLimits.MaxTokenLength} characters; shorten cdata, action or platform.");

    public static readonly AdminError InvalidServerToken = new(
        400, "invalid-server-token", "The server_token is none of this site's: truncated, altered, of another site or of a retired key.");

    public static readonly AdminError ServerTokenExpired = new(409, "server-token-expired", "The server_token is past its expiry; issue a new one.");

    public static readonly AdminError ServerTokenUsedUp = new(
        409, "server-token-used-up", "The server_token was used as often as its max_uses allows; issue a new one.");

    public static readonly AdminError ServerTokenRetired = new(
        409, "server-token-retired", "The secret that the server_token was issued for is not valid any more; issue a new one.");

    public static readonly AdminError UseNotDecided = new(
        503, "internal-error", "Whether the server_token was used could not be established; try again, which may take another use.");

    public static readonly AdminError RotationIdReused = new(
        409, "rotation-id-reused", "This rotation_id named a rotation with another invalidate_immediately; use a new id.");

    public static readonly AdminError KeysConfigured = new(
        409, "keys-configured", "The keys are set in Tokens:Keys; change them there, and restart.");

    public static readonly AdminError UnknownKey = new(404, "unknown-key", "There is no key of this kid in the ring.");

    public static readonly AdminError TooManyKeys = new(
        409, "too-many-keys", $"The ring holds {RotatingKeys.MaxCount} keys, which is the limit; retire one first.");

    public static readonly AdminError KeySigns = new(409, "key-signs", "This key signs; make another key the signer first.");

    public static readonly AdminError StateNotEstablished = new(
        503, "internal-error", "The ledger cannot tell now what became of the token; ask again.");

    public static readonly AdminError NotDecided = new(
        503, "internal-error", "The outcome could not be established; send the same again, with the same idempotency_key.");

    public static readonly AdminError BackupRunning = new(409, "backup-running", "Another backup is under way; wait until it has ended.");

    public static readonly AdminError BackupByDatabase = new(
        409, "store-is-a-database", "Sites and redemptions are not kept here; back up their database with the tools of PostgreSQL, or the data directory of the one silo as docs/cluster.md tells.");

    public static readonly AdminError FolderNotEmpty = new(
        409, "folder-not-empty", "The folder is not empty, and nothing in it was touched; name a new one.");

    public static readonly AdminError OutcomeUnknown = new(
        503, "internal-error", "Whether the change was made is unknown. Send it again; a rotation with the same rotation_id.");

    public static readonly AdminError AuditUnavailable = new(
        503, "audit-unavailable", "Nothing was done, as it could not be written into the audit log; look at the disk of the data directory, or at the database.");

    public static readonly AdminError StoreUnavailable = new(
        503, "internal-error", "The store could not be read, and nothing was changed. Send it again.");

    public static readonly AdminError Failed = new(500, "internal-error", "The call failed by an error of the program.");

    public static AdminError BadRequest(string message) => new(400, "bad-request", message);

    public static AdminError MethodNotAllowed(string allowed) => new(405, "method-not-allowed", $"Allowed here: {allowed}.");

    public static AdminError RotationInGrace(RotationResult.InGrace grace) => new(
        409,
        "rotation-in-grace",
        $"The secret before the current one is valid until {grace.Until}; wait, or rotate with invalidate_immediately true, which ends both.");

    public static AdminError ServerTokenMismatch(string member, string allowed) => new(
        409, "server-token-mismatch", $"'{member}' must be {allowed}.");

    public static AdminError KeyInUse(UnixSeconds until) => new(
        409, "key-in-use", $"Tokens that this key signed may live until {until}; wait, or send force true, which makes them invalid.");

    public static AdminError BackupFailed(BackupResult.Failed failed) => new(
        500,
        "backup-failed",
        $"{failed.Cause} {(failed.IsFolderClean ? "Nothing was left in the folder." : "What is left in the folder is marked as unfinished; remove it.")}");

    public override void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("error"u8, Code);
        json.WriteString("message"u8, Message);
        json.WriteEndObject();
    }
}
