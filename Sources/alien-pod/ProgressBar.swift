import Foundation
import Synchronization

/// A bar on standard error while something takes long; nothing where that is no terminal.
final class ProgressBar: Sendable {
    private static let width = 40
    private let title: String
    private let isShown = isatty(STDERR_FILENO) == 1
    private let permille = Mutex(-1)

    init(_ title: String) {
        self.title = title
    }

    /// - Parameter part: What is done, 0 to 1.
    func show(_ part: Double) {
        guard self.isShown else { return }
        let now = Int(min(max(part, 0), 1) * 1000)
        self.permille.withLock { shown in
            guard now > shown else { return }
            shown = now
            let done = now * Self.width / 1000
            let bar = String(repeating: "#", count: done) + String(repeating: ".", count: Self.width - done)
            Self.put("\r\(self.title) [\(bar)] \(now / 10) %")
        }
    }

    func clear() {
        guard self.isShown else { return }
        Self.put("\r\u{1B}[K")
    }

    private static func put(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
