import CairnClient
import FHIR

/// Reads of single resources over HTTP by this process from a server process.
enum ReadBench {
    private static let workers = 64

    static func run(seconds: Int, folder: BenchFolder) async throws -> BenchResult {
        let server = try ServerProcess(data: folder.path + "/data")
        defer { server.stop() }
        let (token, targets) = try await CairnHTTPClient.with(
            server: try server.address(), credentials: .wallet(try server.administrator())
        ) { client in
            (try await client.token().token, try await load(client))
        }
        let (read, bound) = try await CairnHTTPClient.with(
            server: try server.address(), credentials: .token(token), connections: workers
        ) { client in
            // Before the reads and after them: the machine may be busier in one half.
            let before = try await get(["/livez"], seconds: max(1, seconds / 4), client)
            let read = try await get(targets, seconds: seconds, client)
            let after = try await get(["/livez"], seconds: max(1, seconds / 4), client)
            return (read, (before.perSecond + after.perSecond) / 2)
        }
        return BenchResult(
            name: "read", value: read.perSecond, unit: "reads/s", bound: bound,
            boundName: "/livez on as many connections", p50Ms: read.latencies.percentile(0.5),
            p99Ms: read.latencies.percentile(0.99),
            fsyncP99Ms: Machine.fsyncP99(folder: folder.path, bytes: 256 * 1024),
            sample: read.done, seconds: read.seconds)
    }

    /// Stores some bundles of `cairn bench load` and gives the paths of their observations.
    private static func load(_ client: CairnHTTPClient) async throws -> [String] {
        var targets = [String]()
        for number in 0..<10 {
            let answer = try await client.send(
                ClientRequest(
                    .post, "/fhir", headers: [("Content-Type", "application/fhir+json")],
                    body: .bytes(BenchBundle(number).bytes, digest: nil)))
            let document = try JSONDocument(parsing: answer.body)
            guard let entries = document.root["entry"]?.elements else { continue }
            for entry in entries {
                let location = entry["response"]?["location"]?.string ?? ""
                let parts = location.split(separator: "/")
                if parts.count >= 2, parts[0] == "Observation" {
                    targets.append("/fhir/\(parts[0])/\(parts[1])")
                }
            }
        }
        return targets
    }

    private static func get(
        _ targets: [String], seconds: Int, _ client: CairnHTTPClient
    ) async throws -> Measured {
        try await Workers.run(workers, seconds: seconds) { worker, round in
            let target = targets[(round * workers + worker) % targets.count]
            _ = try await client.send(ClientRequest(.get, target))
            return 1
        }
    }
}
