public import Foundation

/// The `Fixtures` folder of a test target, copied into its bundle as a resource.
public struct FixtureDirectory: Sendable {
    public let url: URL

    /// - Parameter bundle: `Bundle.module` of the test target.
    /// - Throws: ``TestKitError`` when the bundle has no such folder.
    public init(in bundle: Bundle) throws {
        guard let url = bundle.url(forResource: "Fixtures", withExtension: nil) else {
            throw TestKitError("\(bundle.bundlePath) has no folder Fixtures: is it a resource of the test target?")
        }
        self.init(at: url)
    }

    public init(at url: URL) {
        self.url = url
    }

    /// The names of the files with this extension, sorted, without it.
    public func names(withExtension pathExtension: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(at: self.url, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == pathExtension }
            .map { $0.deletingPathExtension().lastPathComponent }
            .sorted()
    }

    public func bytes(of name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: self.url.appendingPathComponent(name)))
    }

    /// - Throws: ``TestKitError`` when the file is not UTF-8.
    public func text(of name: String) throws -> String {
        guard let text = String(validating: try self.bytes(of: name), as: UTF8.self) else {
            throw TestKitError("\(name) is not UTF-8")
        }
        return text
    }

    public func decode<Value: Decodable>(_ type: Value.Type, from name: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(self.bytes(of: name)))
    }
}
