//! Values of keys that cannot be meant as written, such as a bound on a text or a default in `Some`.

use proc_macro2::Ident;
use syn::{Expr, GenericArgument, Lit, PathArguments, Type};

use super::number::Number;
use crate::{errors::Errors, list::literal, text::tidy};

pub(super) fn check_bound(key: &Ident, value: &Expr, ty: &Type, errors: &mut Errors) {
    if let Some(Lit::Str(text)) = literal(value) {
        let number = text.value();
        let help = match number.trim().parse::<f64>() {
            Ok(_) => format!("`{key} = {}`", number.trim()),
            Err(_) => format!("`{key} = 1`"),
        };
        errors.push(value, format!("`{key}` is a number"), help);
        return;
    }
    let Some(Number::Int(number)) = Number::of(value) else { return };
    let instead = match key.to_string().as_str() {
        "ge" => format!("min_length = {number}"),
        "gt" => format!("min_length = {}", number.saturating_add(1)),
        "le" => format!("max_length = {number}"),
        "lt" => format!("max_length = {}", number.saturating_sub(1)),
        _ => return,
    };
    // A number cannot bound a `String`. The name of the type only decides the wording of the error.
    if innermost(ty).is_some_and(|name| name == "String") {
        errors.push(
            key,
            format!("`{key}` bounds a number, and this parameter is text"),
            format!("`{instead}`"),
        );
    }
}

fn is_number(name: &Ident) -> bool {
    const NUMBERS: [&str; 14] = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64",
    ];
    NUMBERS.iter().any(|number| name == number)
}

// Returns the last name in `Option<T>` and `Vec<T>`.
fn innermost(ty: &Type) -> Option<&Ident> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(generics) => match generics.args.first()? {
            GenericArgument::Type(inner) => innermost(inner),
            _ => None,
        },
        _ => Some(&last.ident),
    }
}

// An absent `Option` is `None` anyway, and a default replaces it.
pub(super) fn check_default_form(value: &Expr, ty: &Type, errors: &mut Errors) {
    if let Some(Lit::Str(text)) = literal(value) {
        let text = text.value();
        let is_number = innermost(ty).is_some_and(is_number) && text.parse::<f64>().is_ok();
        if is_number {
            errors.push(value, "a text is no default of a number", format!("`default = {text}`"));
        }
        return;
    }
    match value {
        Expr::Path(path) if path.path.is_ident("None") => {
            let help = match ty {
                Type::Path(ty) if ty.path.segments.last().is_some_and(|name| name.ident == "Option") => {
                    "remove `default`: an absent `Option` is `None`".to_owned()
                }
                ty => format!("remove `default`, and write `Option<{}>`", tidy(ty)),
            };
            errors.push(value, "`None` is no default", help);
        }
        Expr::Call(call) if matches!(&*call.func, Expr::Path(some) if some.path.is_ident("Some")) => {
            let inner = call.args.first().map(tidy).unwrap_or_default();
            errors.push(value, "a default is the value itself", format!("`default = {inner}`"));
        }
        _ => {}
    }
}
