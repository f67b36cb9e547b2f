import PoDCore
import PoDRecipes
import Testing

@Suite struct DaemonSiteTests {
    @Test(
        "a path that may stand in any configuration file passes",
        arguments: ["/", "/srv", "/scratch/alien/job-123_4/pod.d", "/home/jürgen/a@b+c=d,e:f%g"])
    func usable(path: String) throws {
        let site = try DaemonSite(directory: path, address: Address(host: "127.0.0.1", port: 1))
        #expect(site.directory == path)
        #expect(site.contact == site.address)
    }

    @Test(
        "no other does",
        arguments: HostileText.all.map { "/srv/\($0)x" }.filter { $0 != "/srv/x" && $0 != "/srv/--optionx" })
    func unusable(path: String) throws {
        let address = try Address(host: "127.0.0.1", port: 1)
        let error = #expect(throws: RecipeError.self) { try DaemonSite(directory: path, address: address) }
        #expect(error?.status == .configuration)
        #expect(error?.description.utf8.contains(0x0A) == false)
    }

    @Test(
        "nor one that is not absolute or without end",
        arguments: ["", "work", "./work", "~/work", "/" + String(repeating: "a", count: 4000)])
    func notAbsolute(path: String) throws {
        let address = try Address(host: "127.0.0.1", port: 1)
        #expect(throws: RecipeError.self) { try DaemonSite(directory: path, address: address) }
    }
}
