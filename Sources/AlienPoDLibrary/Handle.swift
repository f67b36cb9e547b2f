import CAlienPoD
import PoDCore
import PoDRendezvous

/// What stands behind a handle of the C interface.
protocol Handle: AnyObject {
    /// The sentence on the last call that failed.
    var error: HandleText { get }
}

extension Handle {
    /// The object behind a handle; `nil` for NULL.
    static func behind(_ pointer: OpaquePointer?) -> Self? {
        pointer.map { Unmanaged<Self>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
    }

    /// A pointer that owns the object, until ``release(_:)``.
    func retained() -> OpaquePointer {
        OpaquePointer(Unmanaged.passRetained(self).toOpaque())
    }

    static func release(_ pointer: OpaquePointer?) {
        if let pointer {
            Unmanaged<Self>.fromOpaque(UnsafeRawPointer(pointer)).release()
        }
    }

    /// Does one call: keeps others out, and turns an error into a status and the handle's sentence.
    static func call(_ pointer: OpaquePointer?, _ body: (Self) throws -> Int32) -> Int32 {
        alien_pod_guard_enter()
        defer { alien_pod_guard_leave() }
        guard let handle = Self.behind(pointer) else {
            return ALIEN_POD_USAGE
        }
        do {
            return try body(handle)
        } catch let error as RendezvousError {
            _ = handle.error.lend(error.description)
            return error.status.rawValue
        } catch {
            _ = handle.error.lend("\(error)")
            return ALIEN_POD_SOFTWARE
        }
    }
}

extension String {
    /// A text argument of the C interface: UTF-8 of a given length, without NUL.
    init(argument what: String, _ start: UnsafePointer<CChar>?, _ count: Int) throws(RendezvousError) {
        guard let start else {
            throw RendezvousError(.usage, "\(what): NULL")
        }
        guard count >= 0, count <= 65536 else {
            throw RendezvousError(.usage, "\(what): longer than 65536 bytes")
        }
        let bytes = UnsafeRawBufferPointer(start: start, count: count)
        guard !bytes.contains(0) else {
            throw RendezvousError(.usage, "\(what): holds a NUL character")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw RendezvousError(.usage, "\(what): not UTF-8")
        }
        self = text
    }
}

extension StepWait {
    /// Writes what to wait for into a caller's structure.
    func store(to wait: UnsafeMutablePointer<alien_pod_wait>?) throws(RendezvousError) {
        guard let wait, wait.pointee.size >= UInt32(MemoryLayout<alien_pod_wait>.size) else {
            throw RendezvousError(.usage, "wait_out: NULL, or its size is not set")
        }
        wait.pointee.milliseconds = self.milliseconds
        let sockets = self.sockets.prefix(Int(ALIEN_POD_WAIT_DESCRIPTORS))
        wait.pointee.descriptor_count = UInt32(truncatingIfNeeded: sockets.count)
        withUnsafeMutableBytes(of: &wait.pointee.descriptors) { bytes in
            for (index, socket) in sockets.enumerated() {
                bytes.storeBytes(of: socket.descriptor, toByteOffset: index &* 4, as: Int32.self)
            }
        }
        withUnsafeMutableBytes(of: &wait.pointee.events) { bytes in
            for (index, socket) in sockets.enumerated() {
                bytes.storeBytes(of: socket.events, toByteOffset: index &* 2, as: Int16.self)
            }
        }
    }
}

/// Gives a report to the caller; ``ALIEN_POD_END`` when there is none.
func giveReport(
    _ report: String?, through text: HandleText, _ textOut: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ lengthOut: UnsafeMutablePointer<Int>?
) throws(RendezvousError) -> Int32 {
    guard let textOut else {
        throw RendezvousError(.usage, "text_out: NULL")
    }
    guard let report else {
        textOut.pointee = nil
        return ALIEN_POD_END
    }
    textOut.pointee = text.lend(report)
    lengthOut?.pointee = text.count
    return ALIEN_POD_OK
}
