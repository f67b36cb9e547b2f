import Foundation
import PoDCore
import PoDRendezvous
import PoDTestKit
import Testing

struct SmallFileTests {
    @Test("a file as large as it may be is read whole, a larger one is refused", arguments: [0, 1])
    func size(beyond: Int) throws {
        try TemporaryDirectory.with { directory in
            let file = directory.appendingPathComponent("file")
            let bytes = [UInt8](repeating: 7, count: (1 << 20) + beyond)
            try Data(bytes).write(to: file)
            guard beyond > 0 else {
                #expect(try SmallFile.read(file.path) == bytes)
                return
            }
            let error = #expect(throws: RendezvousError.self) { try SmallFile.read(file.path) }
            #expect(error?.status == .data)
            #expect(error?.description.hasSuffix("larger than 1048576 bytes") == true)
        }
    }
}
