extension Duration {
    /// How long tests wait for what an idle machine does at once, and one with many tests side by side after a while.
    public static let patience: Duration = .seconds(120)
}

/// Waits until a condition holds.
///
/// - Throws: ``TestKitError`` with `what` when it does not hold in time, else what the condition throws.
public func eventually(
    within limit: Duration = .patience, _ what: String, isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await condition() {
            return
        }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw TestKitError("\(what): not within \(limit)")
}
