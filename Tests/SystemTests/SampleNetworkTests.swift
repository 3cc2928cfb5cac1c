import Foundation
import Testing

/// `make run` on ports of its own: both members as processes, loaded, with a link for each person.
final class SampleNetwork: Sendable {
    /// First of three ports, and where the data lies.
    let port: Int
    let folder: String
    private let script: ChildProcess

    static func start(_ folder: String, port: Int) async throws -> SampleNetwork {
        // Foundation blocks signals in what it starts, and a shell leaves that as it is.
        let script = try ChildProcess(
            "/usr/bin/env",
            [
                "--default-signal",
                CairnBinary.repository.appending(path: "Scripts/run.sh").path,
            ],
            environment: [
                "CAIRN_DATA": folder, "CAIRN_PORT": "\(port)",
                "CAIRN_BINARY": try CairnBinary.path(),
            ])
        let network = SampleNetwork(port: port, folder: folder, script: script)
        let end = Deadline(seconds: 120)
        while !script.stdout.contains("Ctrl-C stops both") {
            guard script.isRunning, !end.isOver else {
                script.signal(SIGTERM)
                throw RunningServer.NotReady(
                    description: "make run did not get there: \(script.stdout)\(script.stderr)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return network
    }

    private init(port: Int, folder: String, script: ChildProcess) {
        self.port = port
        self.folder = folder
        self.script = script
    }

    var output: String { script.stdout }
    var hospital: String { "http://localhost:\(port)" }
    var clinic: String { "http://localhost:\(port + 1)" }

    /// The links by whom they log in: "doctor at Harbour Clinic".
    var links: [String: String] {
        var links: [String: String] = [:]
        var whom = ""
        for line in output.split(separator: "\n") {
            if line.contains("/#login=") {
                links[whom] = line.trimmingCharacters(in: .whitespaces)
            } else {
                whom = line.components(separatedBy: ", ").last ?? ""
            }
        }
        return links
    }

    /// As Ctrl-C does.
    func stop() async throws -> CommandResult {
        script.signal(SIGINT)
        return try await script.result(timeoutSeconds: 60)
    }

    /// Three free ports in a row.
    static func freePorts() throws -> Int {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let first = Int.random(in: 20_000..<30_000, using: &random)
            if (first..<first + 3).allSatisfy(isFree) { return first }
        }
        throw RunningServer.NotReady(description: "no three ports in a row are free")
    }

    private static func isFree(_ port: Int) -> Bool {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

@Suite("make run", .serialized)
struct SampleNetworkTests {
    private static let everyone = [
        "patient at City Hospital", "doctor at City Hospital", "doctor at Harbour Clinic",
        "laboratory technician at City Hospital", "privacy officer at City Hospital",
        "administrator at City Hospital",
    ]

    /// Twice: the second start finds all that the first one made, and the data of both members
    /// holds in the end.
    @Test func startsTwoMembersLoadsOnceAndLogsEverybodyIn() async throws {
        let folder = try TempFolder("run")
        let data = folder.url("data").path
        let port = try SampleNetwork.freePorts()
        var network = try await SampleNetwork.start(data, port: port)
        #expect(Set(network.links.keys) == Set(Self.everyone), "\(network.output)")
        let loaded = network.output.components(separatedBy: "\n").filter { $0.contains("created") }
        #expect(loaded.count == 2 && loaded.allSatisfy { $0.contains(" 0 failed") }, "\(loaded)")
        let first = try await network.stop()
        #expect(first.exit == 0 && !first.stderr.contains("error"), "\(first)")

        network = try await SampleNetwork.start(data, port: port)
        #expect(network.output.components(separatedBy: " 0 created, 0 updated, ").count == 3)
        for (whom, link) in network.links { try await expectLogIn(whom, link) }
        try await expectWholeTimeline(network)
        #expect(try await network.stop().exit == 0)
        for member in ["hospital", "clinic"] {
            let verified = try await CairnBinary.run(["verify", "--data", "\(data)/\(member)"])
            #expect(verified.exit == 0, "\(verified)")
        }
    }

    /// Each kind of person comes to what is theirs, and sees their own name.
    private func expectLogIn(_ whom: String, _ link: String) async throws {
        let browser = try await Browser.start(width: 1280)
        try await browser.open(link)
        try await browser.wait("document.querySelector('[data-do=leave]')")
        let path = try await browser.text("location.pathname")
        let name = try await browser.text("document.querySelector('.me')?.innerText ?? ''")
        #expect(name.contains(whom.components(separatedBy: " at ")[1]), "\(whom): \(name)")
        #expect(try await browser.complaints() == [])
        switch whom {
        case "patient at City Hospital":
            #expect(path.hasPrefix("/patients/") && name.contains("Maren Castellanos"), "\(path)")
        case "administrator at City Hospital", "privacy officer at City Hospital":
            #expect(path == "/network", "\(whom): \(path)")
            try await browser.open(link.components(separatedBy: "/#")[0] + "/patients")
            #expect(
                try await !browser.text("document.body.innerText").contains("Castellanos"))
        case "doctor at City Hospital", "doctor at Harbour Clinic":
            #expect(path == "/patients" && name.hasPrefix("Dr. "), "\(path) \(name)")
        default:
            #expect(name.contains("Agata Wilk"), "\(path) \(name)")
        }
        try await browser.quit()
    }

    /// The files of one patient arrive side by side; whichever is first, all of it is theirs.
    private func expectWholeTimeline(_ network: SampleNetwork) async throws {
        let page = URL(filePath: network.folder + "/sample/sample.json")
        let root = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: page)) as? [String: Any])
        let persons = try #require(root["persons"] as? [[String: Any]])
        let records = try #require(persons[0]["patients"] as? [[String: Any]])
        let id = try #require(records[1]["id"] as? String)
        let token = try await CairnBinary.run([
            "token", "--server", network.clinic, "--wallet",
            network.folder + "/clinic/wallets/administrator.wallet",
        ])
        let client = HTTPClient(
            url: network.clinic,
            token: token.stdout.trimmingCharacters(in: .whitespacesAndNewlines))
        let timeline = try await client.get("/patients/\(id)/timeline")
        let items = try #require(timeline.object["items"] as? [[Any]])
        let count = try #require(records[1]["resources"] as? Int)
        // A patient, a consent and binaries have no place of their own in time.
        #expect(items.count > count * 8 / 10 && items.count <= count, "\(items.count) of \(count)")
    }
}
