namespace Partner.VercelSimulator;

/// <summary>
/// The key pair of <c>serve</c> and of the one-step commands. It is public on purpose and for development only:
/// two processes on one laptop must agree on a key, and nothing but a service in Development (loopback) trusts it.
/// </summary>
internal static class DevelopmentKey
{
    public const string KeyId = "development";

    public const string Pem = """
        -----BEGIN PRIVATE KEY-----
        MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDuB/I1IYprrrlX
        Vwr16Nj6MXNBlaHDkhqkunDFH9YPYdVTS+1SUUWzSd8LQTW4mz5dmk4wtunlSGXT
        Kr46/QYAY+uxgXVRbN8KWTIYJKmXrrU1YNeRDjbMDTgIpjmuYuavLdxpbAaHln/g
        XSELaeXlotc3Z91ZCWJ9oKnuVxAXR3tugMChZMFMeD5rsFJsiMUGqtz3VxUkc2bN
        CvItLwqp/TKll/chPT9nPqSLisqb86zryI7sL1VWYedVmf6oas5JJFBbGHln4jgG
        i3nhUbBQenw5MDznHwpBCM2vanQJzO59xi0FsjsYnaidpPNyzn85lwXAisO1/yBu
        Qp30TZZ/AgMBAAECggEAS9HtJV5rNJTBxd/chmsmnj9dKrFqhxzFbt5SaIAVE+5C
        YNeJH1TzAkKQEQoy/fw5V+B8coj5JQc0JBjz4l9RZ5Nscqy9fXPT8fxqeAVJnh7Q
        6tFPqQ1hiArX4+1q5zDqsTdHA6+cvtjCH+oaSgPv7n851ZS4jZFvNXwVVO2XmwoV
        JPNN9GbzZkCMJwbX98ASoPuxyOksMCWDZ4nZgoXVS3QaV9nYmYk4jiPZNdjJF00E
        OAMdMMIcF0HQLeFk6JtqQ6WK9ry9piAfzwQdN+ZiJOmI7bkmwxgSlpvFJ0NRqZrQ
        /+6CCXFIGrkKW4KffTzXx1x2asXW2OGNkzt7uV6HMQKBgQD903xQ4V22azf+qnqR
        Bnno3G/D8aqcmV+zeXon8rTqfzeQmDm4oWKrx+SiFHg6lLwHmF5e0NmjZix5g4B4
        OGspu1f+CkisU/XqbCSmpjKEYT8iCk8NYkb7nQK2F7aboQM65pyirzRYTDuyRmjp
        kJ2bECkOMB2IjbEre9H3XKCdrwKBgQDwEdRr1FlIJO0M+NRl7SxavRpdMR9oA8TJ
        S5dmMwErhoB4nyNjOqYVPvhnFpeNKecHBSWopjYpgxeUyNo08UkLritN/U2XkB10
        a6Y0WVlorsMZ+3JmdgnIOr1xHpkLiqWUPJL2EHozRPCxQvtshi6yKY++GJTlFerH
        ZejP4mkYMQKBgQDKZHTvBRS1XT8T6Jm8xB43KHZSFoQFRGLD+CwIaIYLqY8D0+3K
        o5zK/qP2/T108J4RrFQrZHr1yIXUCqBIvCvu5bxfC5IxHu2qk7qRy1nipqwxl2i7
        ck7JWMQNsFDiPXwW3kWtjui9M2QyXeRPwQl62GL0NjeGZ/0KgDvG8uv7bwKBgQDY
        um/37NuxWsy6wkUVw3kgbcnIShmdUJGuXFTRCcjLn4CJ5LkQ0xiu44tjnayx3xtX
        ZhkqWOtarKN0SaNc2ltkdRdZMA2Ff7Bnsut4JRWngOZXpX4Q7A1Gu2jdH49xMPjs
        i4btJ9D6Sgm1LdBHmBe99fFz30NEUXYED4ePbUoNcQKBgCi3PCOSCY5j9oHCZQBa
        HDUgYg/QpYEtqpQvqa8xjAPYRPed57EWGckm3vtPBBAEKWVAzWkAZ2OefKdzcxot
        PKs1dmidosCjRImjOZ4w1tjQS8eUcOUV1vggeoEdyPwmXeHQTiBwjgZLx7R/grpO
        HEi78o+k/UPdSg1AmSMeF6LW
        -----END PRIVATE KEY-----
        """;
}
