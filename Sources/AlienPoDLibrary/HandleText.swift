/// Text that a handle lends to its caller: ended by a NUL, valid until it is replaced or the handle is freed.
final class HandleText {
    private var storage: UnsafeMutablePointer<CChar>?
    private(set) var count = 0

    init(_ text: String = "") {
        _ = self.lend(text)
    }

    deinit {
        self.storage?.deallocate()
    }

    /// What was lent last; "" before.
    var text: UnsafePointer<CChar> {
        self.storage.map { UnsafePointer($0) } ?? self.lend("")
    }

    /// Keeps `text` and gives its place.
    func lend(_ text: String) -> UnsafePointer<CChar> {
        self.storage?.deallocate()
        let bytes = Array(text.utf8)
        let storage = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count &+ 1)
        for (index, byte) in zip(bytes.indices, bytes) {
            storage[index] = CChar(bitPattern: byte)
        }
        storage[bytes.count] = 0
        self.storage = storage
        self.count = bytes.count
        return UnsafePointer(storage)
    }
}

/// What is said of an error where there is no handle.
nonisolated(unsafe) let noHandleText = HandleText("the handle is NULL")
