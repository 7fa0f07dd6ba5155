namespace CaptchaCluster.Tests.Load;

/// <summary>The test cannot be run as asked. The message is one line that says what to change.</summary>
internal sealed class SetupException(string message) : Exception(message);
