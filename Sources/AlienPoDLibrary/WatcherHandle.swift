public import CAlienPoD
import PoDCore
import PoDRendezvous

/// A watcher behind the C interface.
final class WatcherHandle: Handle {
    let watcher = Watcher()
    let error = HandleText()
    let report = HandleText()
    let fieldName = HandleText()
    let fieldValue = HandleText()

    /// The fields of the master last found.
    var foundFields: [(name: String, value: String)] {
        guard let found = self.watcher.found else { return [] }
        var fields = [
            ("master_job_id", found.masterJobID.description),
            ("host", found.address.host),
            ("port", String(found.address.port)),
            ("address", found.address.description),
            ("protocol", found.sessionProtocol.rawValue),
            ("wanted", String(found.wanted)),
            ("farm", found.farm),
            ("reported_at", String(found.reportedAt)),
            ("age", String(self.watcher.foundAge)),
        ]
        if let owner = found.owner {
            fields.append(("owner", owner))
        }
        if let directory = self.watcher.settings.directory {
            fields.append(("server_info", "\(directory)/\(ServerInfo.configurationFileName)"))
            fields.append(("server_info_json", "\(directory)/\(ServerInfo.documentFileName)"))
        }
        return fields
    }
}

@c @implementation
public func alien_pod_watcher_create(_ watcher_out: UnsafeMutablePointer<OpaquePointer?>) -> Int32 {
    alien_pod_guard_enter()
    defer { alien_pod_guard_leave() }
    watcher_out.pointee = WatcherHandle().retained()
    return ALIEN_POD_OK
}

@c @implementation
public func alien_pod_watcher_free(_ watcher: OpaquePointer?) {
    alien_pod_guard_enter()
    defer { alien_pod_guard_leave() }
    WatcherHandle.release(watcher)
}

@c @implementation
public func alien_pod_watcher_set(
    _ watcher: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ name_length: Int, _ value: UnsafePointer<CChar>?,
    _ value_length: Int
) -> Int32 {
    WatcherHandle.call(watcher) { handle in
        let name = try String(argument: "name of a setting", name, name_length)
        try handle.watcher.set(name, try String(argument: name, value, value_length))
        return ALIEN_POD_OK
    }
}

@c @implementation
public func alien_pod_watcher_begin(_ watcher: OpaquePointer?, _ once: Int32) -> Int32 {
    WatcherHandle.call(watcher) { handle in
        try handle.watcher.begin(once: once != 0)
        return ALIEN_POD_OK
    }
}

@c @implementation
public func alien_pod_watcher_step(
    _ watcher: OpaquePointer?, _ wait_out: UnsafeMutablePointer<alien_pod_wait>?
) -> Int32 {
    WatcherHandle.call(watcher) { handle in
        switch try handle.watcher.step() {
        case .found:
            return ALIEN_POD_OK
        case .end:
            return ALIEN_POD_END
        case .wait(let wait):
            try wait.store(to: wait_out)
            return ALIEN_POD_WAIT
        }
    }
}

@c @implementation
public func alien_pod_watcher_found_field(
    _ watcher: OpaquePointer?, _ index: Int, _ name_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ value_length_out: UnsafeMutablePointer<Int>?
) -> Int32 {
    WatcherHandle.call(watcher) { handle in
        guard let name_out, let value_out else {
            throw RendezvousError(.usage, "name_out or value_out: NULL")
        }
        guard index >= 0, let field = handle.foundFields.dropFirst(index).first else {
            return ALIEN_POD_END
        }
        name_out.pointee = handle.fieldName.lend(field.name)
        value_out.pointee = handle.fieldValue.lend(field.value)
        value_length_out?.pointee = handle.fieldValue.count
        return ALIEN_POD_OK
    }
}

@c @implementation
public func alien_pod_watcher_worker_ended(_ watcher: OpaquePointer?, _ exit_code: Int32) -> Int32 {
    WatcherHandle.call(watcher) { handle in
        try handle.watcher.workerEnded(exitCode: exit_code)
        return ALIEN_POD_OK
    }
}

@c @implementation
public func alien_pod_watcher_next_report(
    _ watcher: OpaquePointer?, _ text_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ length_out: UnsafeMutablePointer<Int>?
) -> Int32 {
    WatcherHandle.call(watcher) { handle in
        try giveReport(handle.watcher.nextReport(), through: handle.report, text_out, length_out)
    }
}

@c @implementation
public func alien_pod_watcher_error(_ watcher: OpaquePointer?) -> UnsafePointer<CChar> {
    alien_pod_guard_enter()
    defer { alien_pod_guard_leave() }
    return WatcherHandle.behind(watcher)?.error.text ?? noHandleText.text
}
