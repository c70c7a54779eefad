//! Checks what every function under one of our attributes must be: async, concrete and free-standing.

use std::fmt::Display;

use quote::ToTokens;
use syn::{
    GenericArgument, Lifetime, ParenthesizedGenericArguments, PathArguments, Safety, Type, TypeFnPtr,
    TypeImplTrait, TypeReference, parse_quote, visit, visit::Visit,
};

use crate::{endpoint_fn::EndpointFn, errors::Errors, text::tidy};

/// Reports parts of the signature that a `noun` cannot have.
pub(crate) fn check_signature(function: &EndpointFn, noun: &str, errors: &mut Errors) {
    check_qualifiers(function, noun, true, errors);
    check_form(function, noun, errors);
    check_body(function, noun, errors);
}

/// Reports parts of the signature that a `noun` without a body cannot have.
pub(crate) fn check_declaration(function: &EndpointFn, noun: &str, errors: &mut Errors) {
    check_qualifiers(function, noun, true, errors);
    check_form(function, noun, errors);
    if function.missing_body().is_none() {
        let help = "write `;` in its place, and the body where `#[websocket(..)]` implements the contract";
        errors.push(function.name(), format!("{noun} has a body"), help);
    }
}

/// Reports parts of the signature that a dependency, which need not be `async`, cannot have.
pub(crate) fn check_dependency_signature(function: &EndpointFn, errors: &mut Errors) {
    check_qualifiers(function, "dependency", false, errors);
    check_form(function, "dependency", errors);
    check_body(function, "dependency", errors);
}

fn check_body(function: &EndpointFn, noun: &str, errors: &mut Errors) {
    if let Some(semicolon) = function.missing_body() {
        errors.push(semicolon, format!("{noun} has no body"), "write the body in braces: `{ .. }`");
    }
}

fn check_form(function: &EndpointFn, noun: &str, errors: &mut Errors) {
    let generics = &function.sig.generics;
    if !generics.params.is_empty() {
        let message = format!("{noun} cannot be generic");
        errors.push(generics, message, "write one function for each concrete type");
    } else if let Some(clause) = &generics.where_clause {
        errors.push(clause, format!("{noun} cannot be generic"), "remove the `where` clause");
    }
    if let Some(receiver) = function.receiver() {
        let message = format!("{noun} cannot take `self`");
        errors.push(receiver, message, "move the function out of the `impl` block");
    }
}

fn check_qualifiers(function: &EndpointFn, noun: &str, must_be_async: bool, errors: &mut Errors) {
    let sig = &function.sig;
    let name = &sig.ident;
    if must_be_async && sig.asyncness.is_none() && sig.constness.is_none() {
        let message = format!("{noun} must be `async`");
        errors.push(sig.fn_token, message, format!("write `async fn {name}`"));
    }
    let mut refuse = |at: &dyn ToTokens, qualifier: &str| {
        let message = format!("{noun} cannot be `{qualifier}`");
        let form = if must_be_async { "async fn" } else { "fn" };
        errors.push(at, message, format!("write `{form} {name}`"));
    };
    // rustc itself refuses `const async`.
    if let (Some(constness), None) = (&sig.constness, &sig.asyncness) {
        refuse(constness, "const");
    }
    if let Safety::Unsafe(unsafety) = &sig.safety {
        refuse(unsafety, "unsafe");
    }
    if let Some(abi) = &sig.abi {
        refuse(abi, "extern");
    }
}

/// Reports parts of an argument's type that cannot be named outside of the function: `impl Trait` and borrows. `sourced` means
/// that an attribute or the path names a source; otherwise the argument may be meant to be state.
pub(crate) fn check_concrete(ty: &Type, name: &dyn Display, sourced: bool, errors: &mut Errors) {
    let finder = Finder::of(ty);
    if let Some(impl_trait) = finder.impl_trait {
        let help = format!("name the type of `{name}`; a generic helper can take it from there");
        errors.push(impl_trait, "parameter type must be concrete", help);
    } else if finder.borrows {
        let help = match owned(ty) {
            Some(owned) if !sourced && may_be_state(&owned) => {
                let owned = tidy(&owned);
                format!("write `State<{owned}>` if the app shares it, else `{owned}`")
            }
            Some(owned) => format!("`{}`", tidy(&owned)),
            None => "use a type that owns its data, such as `String`".to_owned(),
        };
        errors.push(ty, "parameter cannot borrow from the request", help);
    }
}

// The type seems to be one of the user's, judged by its name.
fn may_be_state(ty: &Type) -> bool {
    const NEVER: [&str; 9] =
        ["Box", "ClientAddr", "Cow", "Handshake", "HeaderMap", "Option", "Query", "State", "String"];
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| {
        let name = last.ident.to_string();
        name != "Vec" && name.starts_with(char::is_uppercase) && !NEVER.contains(&&*name)
    })
}

/// Reports what a connection's type cannot contain: its messages outlive each call that receives one.
pub(crate) fn check_connection_type(ty: &Type, errors: &mut Errors) {
    let finder = Finder::of(ty);
    if let Some(impl_trait) = finder.impl_trait {
        errors.push(impl_trait, "the connection's type must be concrete", "`WebSocket` or `Upgrade`");
    } else if finder.borrows {
        let help = "own the data, such as by `String` in place of `&str`, and remove the lifetime";
        errors.push(ty, "messages cannot borrow from the connection", help);
    }
}

// Returns the type with borrowed types of std replaced by owned ones, if no lifetime remains in it.
fn owned(ty: &Type) -> Option<Type> {
    let owned = own(ty);
    (!Finder::of(&owned).borrows).then_some(owned)
}

fn own(ty: &Type) -> Type {
    match ty {
        Type::Reference(reference) => match &*reference.elem {
            // This is the only unsized type that has a name.
            Type::Path(path) if path.path.is_ident("str") => parse_quote!(String),
            Type::Slice(slice) => {
                let item = own(&slice.elem);
                parse_quote!(Vec<#item>)
            }
            Type::TraitObject(object) => parse_quote!(Box<#object>),
            lent => own(lent),
        },
        Type::Path(path) => {
            let mut path = path.clone();
            if let Some(PathArguments::AngleBracketed(generics)) =
                path.path.segments.last_mut().map(|last| &mut last.arguments)
            {
                for argument in &mut generics.args {
                    if let GenericArgument::Type(inner) = argument {
                        *inner = own(inner);
                    }
                }
            }
            Type::Path(path)
        }
        ty => ty.clone(),
    }
}

#[derive(Default)]
struct Finder<'a> {
    impl_trait: Option<&'a TypeImplTrait>,
    borrows: bool,
}

impl<'a> Finder<'a> {
    fn of(ty: &'a Type) -> Self {
        let mut finder = Self::default();
        finder.visit_type(ty);
        finder
    }
}

impl<'a> Visit<'a> for Finder<'a> {
    fn visit_type_impl_trait(&mut self, found: &'a TypeImplTrait) {
        self.impl_trait.get_or_insert(found);
    }

    fn visit_type_reference(&mut self, reference: &'a TypeReference) {
        self.borrows |= reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static");
        visit::visit_type_reference(self, reference);
    }

    fn visit_lifetime(&mut self, lifetime: &'a Lifetime) {
        self.borrows |= lifetime.ident != "static";
    }

    // `fn(&str)` and `Fn(&str)` have borrows of their own, which do not borrow from the request.
    fn visit_type_fn_ptr(&mut self, _: &'a TypeFnPtr) {}
    fn visit_parenthesized_generic_arguments(&mut self, _: &'a ParenthesizedGenericArguments) {}
}
