/// The bytes that an HTTP message signature is over (RFC 9421 section 2.5).
///
/// General: it knows neither requests nor a profile, and takes what components stand for from a
/// closure. Our rules are in ``RequestProfile``.
enum SignatureBase {
    /// One line for each component, then `@signature-params`; lines are joined by a line feed.
    ///
    /// - Parameters:
    ///   - components: identifiers in order: strings with parameters.
    ///   - parameters: of the signature.
    ///   - value: what a component stands for, already combined and trimmed; `nil` if the message
    ///     lacks it.
    /// - Throws: `component` for a name that is no string, is listed twice, or whose value is
    ///   missing; `malformed` for a value with a control character, which could forge a line
    ///   (section 7.5.6).
    static func bytes(
        components: [StructuredValue], parameters: StructuredParameters,
        value: (StructuredValue) -> String?
    ) throws(RequestSignatureError) -> [UInt8] {
        var result = [UInt8]()
        var seen = Set<StructuredValue>()
        for component in components {
            guard case .string(let name) = component.item, name == ASCII.lowercased(name),
                name != "@signature-params", seen.insert(component).inserted,
                let text = value(component)
            else { throw .component(component.item.text) }
            guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
                throw .malformed(name)
            }
            result += component.text.utf8
            result += ": ".utf8
            result += text.utf8
            result.append(UInt8(ascii: "\n"))
        }
        result += "\"@signature-params\": ".utf8
        result += StructuredMember.list(components, parameters).text.utf8
        return result
    }
}
