import CAlienPoD
import PoDCore

/// Lives as long as the process: the C interface lends it without a handle.
private nonisolated(unsafe) let versionText = HandleText(Version.current)

@c @implementation
public func alien_pod_abi_version() -> UInt32 {
    UInt32(ALIEN_POD_ABI_VERSION)
}

@c @implementation
public func alien_pod_version() -> UnsafePointer<CChar> {
    versionText.text
}
