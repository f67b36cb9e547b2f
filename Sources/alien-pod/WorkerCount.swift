import ArgumentParser

/// How many workers a user may ask for at once.
enum WorkerCount {
    static let most = 10_000

    static func check(_ count: Int, _ option: String, from least: Int) throws(ValidationError) {
        guard (least...self.most).contains(count) else {
            throw ValidationError("\(option): expected \(least) to \(self.most), found \(count)")
        }
    }
}
