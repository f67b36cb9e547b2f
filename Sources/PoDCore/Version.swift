/// The version of the whole: library, Perl modules and command line are released together.
public enum Version {
    public static let current = "0.1.0"
}
