import PoDCore
import PoDRecipes

/// Whether a master finds a control port here.
struct PortCheck: Check {
    let name = "ports"
    let ports: ClosedRange<UInt16>

    func run() async -> Finding {
        let free = self.ports.count { (try? PortReservation(from: $0...$0)) != nil }
        let range = "\(self.ports.lowerBound)-\(self.ports.upperBound)"
        guard free > 0 else {
            return .failed(
                .unavailable, "\(range): none is free", advice: ["name others by --ports, or by podMasterPorts in LDAP"]
            )
        }
        return .ok("\(range): \(free) of \(self.ports.count) are free")
    }
}
