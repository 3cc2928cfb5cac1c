import FHIR
package import LedgerCore

/// What a node says about itself to anybody: `/.well-known/cairn`.
package struct Discovery: Sendable {
    package let name: String
    /// The digest of the network's genesis.
    package let network: Digest
    /// The default channel.
    package let channel: String
    /// The texts of the members' checkpoint keys.
    package let checkpointKeys: [String]
}

extension CairnHTTPClient {
    /// Asks the node which network it serves.
    package func discover() async throws -> Discovery {
        let response = try await send(ClientRequest(.get, "/.well-known/cairn"))
        guard let root = try? JSONDocument(parsing: response.body).root,
            let network = root["network"]?.string.flatMap({ Digest(hex: $0) })
        else { throw ClientError.unexpected(what: "/.well-known/cairn names no network") }
        let channel = root["channel"]?.string ?? "main"
        guard Name.isValid(channel) else {
            throw ClientError.unexpected(what: "/.well-known/cairn names no channel")
        }
        return Discovery(
            name: root["name"]?.string ?? "", network: network, channel: channel,
            checkpointKeys: root["checkpointKeys"]?.elements.compactMap(\.string) ?? [])
    }

    /// A bearer token in the name of the wallet's person, and how long it is good for.
    package func token() async throws -> (token: String, expiresInSeconds: Int) {
        let request = ClientRequest(
            .post, "/api/v1/tokens", headers: [("Content-Type", "application/json")],
            body: .bytes(Array("{}".utf8), digest: nil))
        let response = try await send(request)
        guard let root = try? JSONDocument(parsing: response.body).root,
            let token = root["access_token"]?.string
        else { throw ClientError.unexpected(what: "it holds no access_token") }
        return (token, root["expires_in"]?.numberText.flatMap { Int($0) } ?? 0)
    }
}
