import FoundationEssentials
import Node

/// The file of `cairn serve --config`: JSON, every key optional, unknown keys refused.
struct ServeConfiguration: Sendable, Equatable {
    /// HOST:PORT; the option --listen goes before it.
    var listen: String?
    /// Name of the network, at the first start.
    var network: String?
    /// Name of the member, at the first start.
    var member: String?
    /// HOST:PORT for other members' nodes, and its address as they see it.
    var peerListen: String?
    var peerURL: String?
    /// MiB that are kept free on the disk: below that, writes are refused.
    var reserveMiB: Int?
    /// GiB of sealed local copies.
    var cacheGiB: Int?
    /// For how many blocks back the state can be proved.
    var stateHistoryBlocks: Int?
    /// trace, debug, info, notice, warning, error, critical.
    var logLevel: String?
    /// "KEY URL" of witnesses, and the keys of logs that this node is a witness of.
    var witnesses: [String] = []
    var witnessLogs: [String] = []
    /// URL of an RFC 3161 authority, and the PEM file with its certificates.
    var timestampAuthority: String?
    var timestampCertificates: String?
    /// Whether writes end while a timestamp is late.
    var timestampRequired = false
    /// How often a checkpoint is stamped, and how long a block may stand without.
    var timestampIntervalSeconds: Int?
    var timestampWindowSeconds: Int?

    /// Largest file.
    static let bytesMax = 64 * 1024

    private enum Key: String, CaseIterable, CodingKey {
        case listen, network, member, peerListen, peerURL, reserveMiB, cacheGiB
        case stateHistoryBlocks, logLevel
        case witnesses, witnessLogs, timestampAuthority, timestampCertificates, timestampRequired
        case timestampIntervalSeconds, timestampWindowSeconds
    }

    init() {}

    /// Reads the file's text.
    init(json: [UInt8], path: String) throws {
        do {
            self = try JSONDecoder().decode(Strict.self, from: Data(json)).configuration
        } catch let problem as Strict.Problem {
            throw CommandFailure.usage("\(path): \(problem.text)", hint: Strict.hint)
        } catch {
            throw CommandFailure.usage("\(path) is not a configuration", hint: Strict.hint)
        }
    }

    /// Decodes and refuses keys that are not known: a mistyped one must not pass silently.
    private struct Strict: Decodable {
        let configuration: ServeConfiguration

        struct Problem: Error { let text: String }

        static let hint =
            "it is one JSON object with any of: "
            + Key.allCases.map(\.rawValue).joined(separator: ", ")

        private struct AnyKey: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            for key in try decoder.container(keyedBy: AnyKey.self).allKeys
            where Key(rawValue: key.stringValue) == nil {
                throw Problem(text: "there is no setting \(key.stringValue)")
            }
            let values = try decoder.container(keyedBy: Key.self)
            var result = ServeConfiguration()
            result.listen = try values.decodeIfPresent(String.self, forKey: .listen)
            result.network = try values.decodeIfPresent(String.self, forKey: .network)
            result.member = try values.decodeIfPresent(String.self, forKey: .member)
            result.peerListen = try values.decodeIfPresent(String.self, forKey: .peerListen)
            result.peerURL = try values.decodeIfPresent(String.self, forKey: .peerURL)
            result.reserveMiB = try values.decodeIfPresent(Int.self, forKey: .reserveMiB)
            result.cacheGiB = try values.decodeIfPresent(Int.self, forKey: .cacheGiB)
            result.stateHistoryBlocks =
                try values.decodeIfPresent(Int.self, forKey: .stateHistoryBlocks)
            result.logLevel = try values.decodeIfPresent(String.self, forKey: .logLevel)
            try Strict.readOutside(values, into: &result)
            for (name, value) in [
                ("reserveMiB", result.reserveMiB), ("cacheGiB", result.cacheGiB),
                ("timestampIntervalSeconds", result.timestampIntervalSeconds),
                ("timestampWindowSeconds", result.timestampWindowSeconds),
                ("stateHistoryBlocks", result.stateHistoryBlocks),
            ] {
                if let value, !(1...1_000_000).contains(value) {
                    throw Problem(text: "\(name) is a number from 1 to 1000000")
                }
            }
            configuration = result
        }

        private static func readOutside(
            _ values: KeyedDecodingContainer<Key>, into result: inout ServeConfiguration
        ) throws {
            result.witnesses =
                try values.decodeIfPresent([String].self, forKey: .witnesses) ?? []
            result.witnessLogs =
                try values.decodeIfPresent([String].self, forKey: .witnessLogs) ?? []
            result.timestampAuthority = try values.decodeIfPresent(
                String.self, forKey: .timestampAuthority)
            result.timestampCertificates = try values.decodeIfPresent(
                String.self, forKey: .timestampCertificates)
            result.timestampRequired =
                try values.decodeIfPresent(Bool.self, forKey: .timestampRequired) ?? false
            result.timestampIntervalSeconds = try values.decodeIfPresent(
                Int.self, forKey: .timestampIntervalSeconds)
            result.timestampWindowSeconds = try values.decodeIfPresent(
                Int.self, forKey: .timestampWindowSeconds)
        }
    }
}

/// HOST:PORT, with `[…]` around an IPv6 address.
struct ListenAddress: Sendable, Equatable {
    let host: String
    let port: Int

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            return nil
        }
        self.host = host
        self.port = port
    }

    /// As it stands in a URL.
    var urlHost: String { host.contains(":") ? "[\(host)]" : host }

    /// Where a client on this machine finds it: what listens on all addresses listens on this one.
    var localHost: String { host == "0.0.0.0" || host == "::" ? "localhost" : urlHost }

    /// Whether only this machine reaches it.
    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
