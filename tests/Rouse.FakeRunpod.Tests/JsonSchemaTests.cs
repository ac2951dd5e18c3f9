using System.Text.Json;
using Rouse.TestKit.Runpod;

namespace Rouse.FakeRunpod.Tests;

public sealed class JsonSchemaTests
{
    private const string Document =
        """
        {"$defs": {
          "base": {"properties": {"id": {"type": "string", "minLength": 2}}},
          "strict": {"allOf": [{"$ref": "#/$defs/base"}, {"properties": {"n": {"type": "integer", "minimum": 1}}, "required": ["n"]}], "unevaluatedProperties": false},
          "closed": {"type": "object", "additionalProperties": false, "properties": {"a": {"type": ["string", "null"]}}},
          "map": {"type": "object", "additionalProperties": {"type": "string"}},
          "union": {"oneOf": [
            {"type": "object", "additionalProperties": false, "required": ["type"], "properties": {"type": {"enum": ["A"]}, "a": {"type": "number"}}},
            {"type": "object", "additionalProperties": false, "required": ["type"], "properties": {"type": {"const": "B"}, "b": {"type": "number"}}}]},
          "when": {"if": {"not": {"required": ["t"]}}, "then": {"required": ["image"]}},
          "list": {"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true, "items": {"type": "string", "pattern": "^x"}},
          "time": {"type": "string", "format": "date-time"},
          "maybe": {"anyOf": [{"$ref": "#/$defs/closed"}, {"type": "null"}]},
          "pair": {"dependentRequired": {"a": ["b"]}, "minProperties": 1},
          "odd": {"propertyNames": {"type": "string"}}
        }}
        """;

    private static readonly JsonElement s_document = JsonElement.Parse(Document);

    [Theory]
    [InlineData("strict", """{"id":"ab","n":1}""")]
    [InlineData("closed", """{"a":null}""")]
    [InlineData("map", """{"a":"b"}""")]
    [InlineData("union", """{"type":"B","b":1.5}""")]
    [InlineData("when", """{"t":1}""")]
    [InlineData("when", """{"image":"x"}""")]
    [InlineData("list", """["x1","x2"]""")]
    [InlineData("time", "\"2030-01-01T00:00:00Z\"")]
    [InlineData("maybe", "null")]
    [InlineData("pair", """{"a":1,"b":2}""")]
    public void WhatFits_HasNoFaults(string schema, string value) => Assert.Empty(Check(schema, value));

    [Theory]
    [InlineData("strict", """{"id":"ab"}""", "'n' is missing")]
    [InlineData("strict", """{"n":1,"other":1}""", "'other' is not allowed")]
    [InlineData("strict", """{"n":1.5}""", "expected integer")]
    [InlineData("strict", """{"n":0}""", "below 1")]
    [InlineData("strict", """{"n":1,"id":"a"}""", "shorter than 2")]
    [InlineData("closed", """{"b":1}""", "'b' is not allowed")]
    [InlineData("closed", """{"a":1}""", "expected string or null")]
    [InlineData("closed", "[]", "expected object")]
    [InlineData("map", """{"a":1}""", "expected string")]
    [InlineData("union", """{"type":"B","a":1}""", "fits none of oneOf")]
    [InlineData("when", "{}", "'image' is missing")]
    [InlineData("list", "[]", "fewer than 1")]
    [InlineData("list", """["x","x"]""", "items repeat")]
    [InlineData("list", """["y"]""", "does not match")]
    [InlineData("time", "\"soon\"", "is no date-time")]
    [InlineData("maybe", "1", "fits none of anyOf")]
    [InlineData("pair", """{"a":1}""", "'b' is missing")]
    [InlineData("pair", "{}", "fewer than 1 properties")]
    public void WhatDoesNotFit_SaysWhy(string schema, string value, string expected) =>
        Assert.Contains(Check(schema, value), fault => fault.Contains(expected, StringComparison.Ordinal));

    [Fact]
    public void AnUnknownKeyword_IsNotPassedOver() => Assert.Throws<NotSupportedException>(() => Check("odd", "{}"));

    private static IReadOnlyList<string> Check(string schema, string value) =>
        new JsonSchema(s_document).Check(s_document.GetProperty("$defs").GetProperty(schema), JsonElement.Parse(value));
}
