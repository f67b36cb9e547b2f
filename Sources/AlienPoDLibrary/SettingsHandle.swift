import CAlienPoD
import PoDCore
import PoDRendezvous

/// Settings behind the C interface.
final class SettingsHandle: Handle {
    let error = HandleText()
    let report = HandleText()
    let value = HandleText()
    private var sources = SettingSources()
    private var resolved: ResolvedSettings?
    private var reported = 0

    func add(_ key: String, _ value: String) {
        self.sources.add(configurationKey: key, value)
        self.resolved = nil
        self.reported = 0
    }

    func values(of name: String, isRequired: Bool) throws(RendezvousError) -> [String] {
        guard let setting = Setting(named: name) else {
            throw RendezvousError(ValueError("setting", found: name, expected: "one of the table"))
        }
        do throws(ValueError) {
            return isRequired ? try self.settings.required(setting) : try self.settings.values(of: setting)
        } catch {
            throw RendezvousError(.configuration, error.description)
        }
    }

    func nextReport() -> String? {
        let report = self.settings.warnings.dropFirst(self.reported).first
        self.reported &+= report == nil ? 0 : 1
        return report
    }

    private var settings: ResolvedSettings {
        let settings = self.resolved ?? self.sources.resolved()
        self.resolved = settings
        return settings
    }
}

@c @implementation
public func alien_pod_settings_create(_ settings_out: UnsafeMutablePointer<OpaquePointer?>) -> Int32 {
    alien_pod_guard_enter()
    defer { alien_pod_guard_leave() }
    settings_out.pointee = SettingsHandle().retained()
    return ALIEN_POD_OK
}

@c @implementation
public func alien_pod_settings_free(_ settings: OpaquePointer?) {
    alien_pod_guard_enter()
    defer { alien_pod_guard_leave() }
    SettingsHandle.release(settings)
}

@c @implementation
public func alien_pod_settings_add(
    _ settings: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ key_length: Int, _ value: UnsafePointer<CChar>?,
    _ value_length: Int
) -> Int32 {
    SettingsHandle.call(settings) { handle in
        let key = try String(argument: "key of a setting", key, key_length)
        handle.add(key, try String(argument: key, value, value_length))
        return ALIEN_POD_OK
    }
}

@c @implementation
public func alien_pod_settings_value(
    _ settings: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ name_length: Int, _ index: Int,
    _ value_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ value_length_out: UnsafeMutablePointer<Int>?
) -> Int32 {
    SettingsHandle.call(settings) { handle in
        guard let value_out else {
            throw RendezvousError(.usage, "value_out: NULL")
        }
        let values = try handle.values(
            of: try String(argument: "name of a setting", name, name_length), isRequired: false)
        guard index >= 0, let value = values.dropFirst(index).first else {
            return ALIEN_POD_END
        }
        value_out.pointee = handle.value.lend(value)
        value_length_out?.pointee = handle.value.count
        return ALIEN_POD_OK
    }
}

@c @implementation
public func alien_pod_settings_require(
    _ settings: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ name_length: Int
) -> Int32 {
    SettingsHandle.call(settings) { handle in
        _ = try handle.values(of: try String(argument: "name of a setting", name, name_length), isRequired: true)
        return ALIEN_POD_OK
    }
}

@c @implementation
public func alien_pod_settings_next_report(
    _ settings: OpaquePointer?, _ text_out: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ length_out: UnsafeMutablePointer<Int>?
) -> Int32 {
    SettingsHandle.call(settings) { handle in
        try giveReport(handle.nextReport(), through: handle.report, text_out, length_out)
    }
}

@c @implementation
public func alien_pod_settings_error(_ settings: OpaquePointer?) -> UnsafePointer<CChar> {
    alien_pod_guard_enter()
    defer { alien_pod_guard_leave() }
    return SettingsHandle.behind(settings)?.error.text ?? noHandleText.text
}
