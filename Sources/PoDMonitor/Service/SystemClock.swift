internal import FoundationEssentials

/// The system's clock, in milliseconds since 1970: the unit of MonALISA's times.
public enum SystemClock {
    public static func now() -> Int64 {
        Int64(Date.now.timeIntervalSince1970 * 1000)
    }
}
