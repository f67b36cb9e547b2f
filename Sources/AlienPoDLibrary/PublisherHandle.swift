public import CAlienPoD
import PoDCore
import PoDRendezvous

/// A publisher behind the C interface.
final class PublisherHandle: Handle {
    let publisher = Publisher()
    let error = HandleText()
    let report = HandleText()
}

@c @implementation
public func alien_pod_publisher_create(_ publisher_out: UnsafeMutablePointer<OpaquePointer?>) -> Int32 {
    alien_pod_guard_enter()
    defer { alien_pod_guard_leave() }
    publisher_out.pointee = PublisherHandle().retained()
    return ALIEN_POD_OK
}

@c @implementation
public func alien_pod_publisher_free(_ publisher: OpaquePointer?) {
    alien_pod_guard_enter()
    defer { alien_pod_guard_leave() }
    PublisherHandle.release(publisher)
}

@c @implementation
public func alien_pod_publisher_set(
    _ publisher: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ name_length: Int, _ value: UnsafePointer<CChar>?,
    _ value_length: Int
) -> Int32 {
    PublisherHandle.call(publisher) { handle in
        let name = try String(argument: "name of a setting", name, name_length)
        try handle.publisher.settings.set(name, try String(argument: name, value, value_length))
        return ALIEN_POD_OK
    }
}

@c @implementation
public func alien_pod_publisher_prepare(
    _ publisher: OpaquePointer?, _ wait_out: UnsafeMutablePointer<alien_pod_wait>?
) -> Int32 {
    PublisherHandle.call(publisher) { handle in
        switch try handle.publisher.prepare() {
        case .ready:
            return ALIEN_POD_OK
        case .wait(let wait):
            try wait.store(to: wait_out)
            return ALIEN_POD_WAIT
        }
    }
}

@c @implementation
public func alien_pod_publisher_publish(
    _ publisher: OpaquePointer?, _ datagrams_out: UnsafeMutablePointer<Int32>?
) -> Int32 {
    PublisherHandle.call(publisher) { handle in
        let datagrams = try handle.publisher.publish()
        datagrams_out?.pointee = Int32(clamping: datagrams)
        return ALIEN_POD_OK
    }
}

@c @implementation
public func alien_pod_publisher_step(
    _ publisher: OpaquePointer?, _ wait_out: UnsafeMutablePointer<alien_pod_wait>?
) -> Int32 {
    PublisherHandle.call(publisher) { handle in
        switch try handle.publisher.step() {
        case .end(let reason):
            _ = handle.error.lend(reason)
            return ALIEN_POD_END
        case .wait(let wait):
            try wait.store(to: wait_out)
            return ALIEN_POD_WAIT
        }
    }
}

@c @implementation
public func alien_pod_publisher_datagrams(_ publisher: OpaquePointer?) -> UInt64 {
    alien_pod_guard_enter()
    defer { alien_pod_guard_leave() }
    return PublisherHandle.behind(publisher)?.publisher.datagrams ?? 0
}

@c @implementation
public func alien_pod_publisher_next_report(
    _ publisher: OpaquePointer?, _ text_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ length_out: UnsafeMutablePointer<Int>?
) -> Int32 {
    PublisherHandle.call(publisher) { handle in
        try giveReport(handle.publisher.nextReport(), through: handle.report, text_out, length_out)
    }
}

@c @implementation
public func alien_pod_publisher_error(_ publisher: OpaquePointer?) -> UnsafePointer<CChar> {
    alien_pod_guard_enter()
    defer { alien_pod_guard_leave() }
    return PublisherHandle.behind(publisher)?.error.text ?? noHandleText.text
}
