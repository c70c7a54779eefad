//! Checks that every case of the error has exactly one close; reports every mistake.

use proc_macro2::Ident;
use syn::{Data, DeriveInput, Fields, GenericParam};

use super::{
    attr::{CloseAttr, refuse},
    model::{Case, CaseClose, Model, Reason},
};
use crate::{errors::Errors, names::Names};

/// Returns the runtime's name even if there is no model.
pub(super) fn resolve<'a>(input: &'a DeriveInput, errors: &mut Errors) -> (Names, Option<Model<'a>>) {
    for param in &input.generics.params {
        if let GenericParam::Lifetime(lifetime) = param {
            let help = "own the data: an error may leave its endpoint, so it is `'static`";
            errors.push(lifetime, "`CloseError` cannot be derived for a type that borrows", help);
        }
    }
    let own = CloseAttr::parse(&input.attrs, errors);
    let names = own.root.as_ref().map_or_else(Names::default, |root| Names::from_option(root, errors));
    let cases = match &input.data {
        Data::Enum(data) => {
            refuse(own.at, "a variant", errors);
            let is_misplaced = own.at.is_some();
            let resolved: Vec<_> = data
                .variants
                .iter()
                .map(|variant| {
                    let attr = errors.scope(|errors| {
                        refuse_on_fields(&variant.fields, "a variant", errors);
                        CloseAttr::parse(&variant.attrs, errors)
                    })?;
                    if let Some(root) = &attr.root {
                        errors.push(
                            root,
                            "`crate` belongs on the enum",
                            "move it to a `#[close]` on the enum",
                        );
                        return None;
                    }
                    if is_misplaced && attr.at.is_none() {
                        return None;
                    }
                    let close = resolve_close(&attr, &variant.ident, "variant", &variant.fields, errors)?;
                    Some(Case { variant: Some(&variant.ident), attrs: &variant.attrs, close })
                })
                .collect();
            resolved.into_iter().collect::<Option<Vec<_>>>()
        }
        Data::Struct(data) => {
            refuse_on_fields(&data.fields, "the struct", errors);
            let close =
                errors.is_empty().then(|| resolve_close(&own, &input.ident, "struct", &data.fields, errors));
            close.flatten().map(|close| vec![Case { variant: None, attrs: &input.attrs, close }])
        }
        Data::Union(_) => None,
    };
    (names, cases.map(|cases| Model { input, cases }))
}

fn refuse_on_fields(fields: &Fields, place: &str, errors: &mut Errors) {
    refuse(fields.iter().flat_map(|field| &field.attrs), place, errors);
}

fn resolve_close<'a>(
    attr: &CloseAttr<'_>,
    name: &Ident,
    noun: &str,
    fields: &'a Fields,
    errors: &mut Errors,
) -> Option<CaseClose<'a>> {
    if let Some(transparent) = &attr.transparent {
        return resolve_transparent(attr, transparent, fields, errors);
    }
    let Some(code) = attr.code.clone() else {
        if let Some(at) = attr.at {
            let help = match &attr.reason {
                Some(Reason::Literal(text)) => format!("`#[close(4004, reason = {:?})]`", text.value()),
                _ => "`#[close(4004)]`, or another code that says why".to_owned(),
            };
            errors.push(at, "`#[close]` has no close code", help);
            return None;
        }
        let help = format!("`#[close(4004)]` on `{name}`, or another code that says why");
        errors.push(name, format!("{noun} `{name}` has no close code"), help);
        return None;
    };
    let reason = match &attr.reason {
        Some(Reason::Literal(text)) => Reason::Literal(text.clone()),
        // The text of an internal error is of no use to a client, and tells others too much.
        None if code.base10_digits() == "1011" => Reason::Fixed,
        _ => Reason::Display,
    };
    Some(CaseClose::Code { code, reason, status: attr.status.clone() })
}

fn resolve_transparent<'a>(
    attr: &CloseAttr<'_>,
    transparent: &Ident,
    fields: &'a Fields,
    errors: &mut Errors,
) -> Option<CaseClose<'a>> {
    if attr.code.is_some() || attr.reason.is_some() || attr.status.is_some() {
        errors.push(transparent, "`transparent` stands alone", "remove it, or everything beside it");
        return None;
    }
    let mut members = fields.members().zip(fields);
    if let (Some((member, field)), None) = (members.next(), members.next()) {
        return Some(CaseClose::Transparent { member, ty: &field.ty });
    }
    let help = "give it the inner error alone, or a close code: `#[close(1011)]`";
    errors.push(attr.at, "`transparent` needs exactly one field", help);
    None
}
