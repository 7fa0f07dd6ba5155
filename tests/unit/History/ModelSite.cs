using CaptchaCluster.Tests.History;

namespace CaptchaCluster.Tests.Unit.History;

/// <summary>A site of the reference model: what is true at this instant.</summary>
internal sealed class ModelSite
{
    private int _current = 1;
    private int _previous;
    private long _previousUntil;
    private bool _active = true;
    private bool _deleted;
    private int _lastRotation;

    /// <summary>The generations whose secret a caller has been told, in the order of the replies.</summary>
    public List<int> Told { get; } = [1];

    public bool Accepts(int generation, long clock) =>
        _active && !_deleted && (generation == _current || (generation == _previous && clock < _previousUntil));

    /// <summary>Takes effect now; false where it is definitely refused.</summary>
    public bool Apply(ref SiteOperation operation, int rotationId, int step, long clock)
    {
        if (_deleted) return false;
        switch (operation.Kind)
        {
            case SiteOperationKind.Disable:
                _active = false;
                return true;
            case SiteOperationKind.Enable:
                _active = true;
                return true;
            case SiteOperationKind.Delete:
                _deleted = true;
                return true;
        }
        var graceful = operation.Kind == SiteOperationKind.RotateGraceful;
        if (rotationId != _lastRotation)
        {
            if (graceful && clock < _previousUntil) return false;
            (_previous, _previousUntil) = graceful ? (_current, clock + 60) : (0, 0);
            _current += step;
            _lastRotation = rotationId;
        }
        operation = operation with { NewGeneration = _current, GraceEnd = graceful ? _previousUntil : SiteOperation.UnknownGraceEnd };
        return true;
    }
}
