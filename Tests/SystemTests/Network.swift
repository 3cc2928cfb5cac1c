import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A hospital that founded a network and a clinic that joined it, as processes of their own.
final class Network {
    struct Problem: Error, CustomStringConvertible { let description: String }

    let folder: TempFolder
    let peerPort: Int
    /// Between the second node and the first, where one was asked for.
    let relay: Relay?
    var hospital: RunningServer
    private(set) var clinic: RunningServer?

    var hospitalData: String { folder.path + "/hospital" }
    let clinicData: String
    private var peers: [String] { Network.peers(peerPort, relay) }

    private static func peers(_ port: Int, _ relay: Relay?) -> [String] {
        let url = relay.map { ["--peer-url", "https://127.0.0.1:\($0.port)"] } ?? []
        return ["--peer-listen", "127.0.0.1:\(port)"] + url
    }

    /// Starts the hospital alone.
    ///
    /// - Parameters:
    ///   - clinicData: where the clinic's node will keep its data, if elsewhere.
    ///   - relayed: whether nodes reach each other through a relay that can hold what they say.
    ///   - arguments: more options of the hospital's `cairn serve`.
    ///   - prepare: puts data where the hospital's node will find it; founds a network otherwise.
    init(
        clinicData: String? = nil, relayed: Bool = false, arguments: [String] = [],
        prepare: (String) async throws -> Void = { _ in }
    ) async throws {
        folder = try TempFolder("network")
        self.clinicData = clinicData ?? folder.path + "/clinic"
        peerPort = try Network.freePort()
        relay = relayed ? try Relay(to: peerPort) : nil
        try await prepare(folder.path + "/hospital")
        hospital = try await RunningServer.start(
            folder.path + "/hospital",
            arguments: ["--member", "Hospital"] + Network.peers(peerPort, relay) + arguments)
    }

    /// Starts both.
    static func pair(
        clinicData: String? = nil, relayed: Bool = false, arguments: [String] = [],
        prepare: (String) async throws -> Void = { _ in }
    ) async throws -> Network {
        let network = try await Network(
            clinicData: clinicData, relayed: relayed, arguments: arguments, prepare: prepare)
        let link = try await network.invite()
        let joining = try network.join(link, data: network.clinicData)
        try await network.admit()
        network.clinic = try await RunningServer.ready(joining, data: network.clinicData)
        return network
    }

    /// `URL#INVITATION`.
    func invite() async throws -> String {
        let result = try await hospital.run(["network", "invite"])
        guard result.exit == 0 else { throw Problem(description: "\(result)") }
        return result.stdout.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Starts a node that joins, and does not wait.
    func join(
        _ link: String, data: String, name: String = "Clinic", arguments: [String] = []
    ) throws -> ChildProcess {
        try RunningServer.spawn(data, arguments: ["--member", name, "--join", link] + arguments)
    }

    /// Admits the first that waits.
    func admit() async throws {
        let end = Deadline(seconds: 30)
        while !end.isOver {
            let waiting = try await hospital.run(["network", "requests"])
            if let member = waiting.stdout.split(separator: " ").first {
                let result = try await hospital.run(["network", "admit", String(member), "--yes"])
                guard result.exit == 0 else { throw Problem(description: "\(result)") }
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Problem(description: "nobody knocks")
    }

    func second() throws -> RunningServer {
        guard let clinic else { throw Problem(description: "there is no clinic") }
        return clinic
    }

    /// - Parameters:
    ///   - data: another folder with the hospital's data.
    ///   - peerPort: another port for other members' nodes.
    ///   - alone: no other node reaches it.
    func startHospital(
        data: String? = nil, peerPort: Int? = nil, alone: Bool = false
    ) async throws {
        let peers = peerPort.map { ["--peer-listen", "127.0.0.1:\($0)"] } ?? peers
        hospital = try await RunningServer.start(
            data ?? hospitalData, arguments: alone ? [] : peers)
    }

    func startClinic(arguments: [String] = []) async throws {
        clinic = try await RunningServer.start(clinicData, arguments: arguments)
    }

    /// Waits until both are at the same block, both their checkpoints cosigned by two.
    func agree(seconds: Double = 60) async throws {
        let end = Deadline(seconds: seconds)
        var last = ""
        while !end.isOver {
            let here = try await hospital.run(["head"]).stdout
            let there = try await second().run(["head"]).stdout
            let lines = there.split(separator: "\n").filter { $0.contains("— cairn/") }
            if Network.hash(here) == Network.hash(there), lines.count == 3 { return }
            last = here + there
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Problem(description: "they do not agree: \(last)")
    }

    private static func hash(_ head: String) -> Substring? {
        head.split(separator: "\n").first { $0.hasPrefix("hash: ") }
    }

    /// Stops both in good order and checks their data.
    func stopAndVerify() async throws -> [CommandResult] {
        if let clinic { _ = try await clinic.stop() }
        _ = try await hospital.stop()
        var results: [CommandResult] = []
        for data in [hospitalData, clinicData] where FileManager.default.fileExists(atPath: data) {
            results.append(try await CairnBinary.run(["verify", "--data", data]))
        }
        return results
    }

    /// Asks until the answer is what is waited for; fails with the last one.
    static func eventually(
        _ what: String, seconds: Double = 60, _ ask: () async throws -> (isTrue: Bool, said: String)
    ) async throws {
        let end = Deadline(seconds: seconds)
        while true {
            let (isTrue, said) = try await ask()
            if isTrue { return }
            guard !end.isOver else { throw Problem(description: "not yet: \(what): \(said)") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// A port that nobody listens on.
    static func freePort() throws -> Int {
        // Below those that the system gives to connections: it must still be free when it is used.
        for _ in 0..<100 {
            let port = Int.random(in: 20_000..<32_000)
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(socket) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
            address.sin_port = in_port_t(port).bigEndian
            let isFree = withUnsafePointer(to: address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            if isFree { return port }
        }
        throw Problem(description: "no free port")
    }
}
