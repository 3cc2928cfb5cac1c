import Identity
import LedgerCore

extension CairnHTTPClient {
    /// The fields that say in whose name a request is made.
    func authentication(
        _ request: ClientRequest, digest: Digest?
    ) throws(ClientError) -> [(name: String, value: String)] {
        switch credentials {
        case .none: return []
        case .token(let token): return [("authorization", "Bearer \(token)")]
        case .wallet(let wallet):
            let target = server.prefix + request.target
            let mark = target.utf8.firstIndex(of: UInt8(ascii: "?"))
            let parts = SignedRequestParts(
                method: request.method.rawValue, authority: server.authority,
                path: String(target[..<(mark ?? target.endIndex)]),
                query: mark.map { String(target[target.utf8.index(after: $0)...]) },
                headers: request.headers)
            do throws(RequestSignatureError) {
                return try RequestSigner.sign(
                    parts, contentDigest: digest, key: wallet.defaultKey,
                    createdSeconds: Int64(WallClock.nowMs() / 1000), nonce: Fresh.identifier())
            } catch {
                throw .unexpected(what: error.description)
            }
        }
    }
}
